package conflicts

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// An identity is what a claim says of a service account or of sidecars, if it is
// about those and not about a name.
type identity int

const (
	noIdentity   identity = iota
	runsAs                // an app runs as the service account
	calledAs              // callers name the service account
	calledAsApps          // callers name an app whose account it is

	needsSidecar    // an app needs a sidecar in its namespace
	withoutSidecars // a namespace gets no sidecars
)

// identitiesOf are the service accounts that an app runs as, and those that
// its callers name.
func identitiesOf(a *ir.App) (claims []ReservedName) {
	what := "app " + a.Name + " in namespace " + a.Namespace
	for _, account := range serviceAccounts(a) {
		key := account.node == a.Node
		c := nameAt(a, account.node, key, account.name, what)
		c.identity, c.app = runsAs, a.Namespace+"/"+a.Name
		claims = append(claims, c)
	}
	for _, n := range a.Node.Field("mesh").Field("callers").Elements() {
		if f := n.Field("serviceAccount"); f != nil {
			c := nameAt(a, f, false, "", what)
			c.Namespace, c.Name, _ = strings.Cut(f.Text, "/")
			c.identity = calledAs
			claims = append(claims, c)
		}
		if f := n.Field("app"); f != nil {
			c := nameAt(a, f, false, "", what)
			namespace, name := appReference(a, f.Text)
			c.Namespace, c.identity, c.app = namespace, calledAsApps, namespace+"/"+name
			claims = append(claims, c)
		}
	}
	return claims
}

// checkIdentities compares the service accounts that callers name with those
// that the apps of the run use. An account that no app of its namespace uses is
// a warning, never an error: a run may not have all apps. An account that
// stands for an app is the app's alone.
func checkIdentities(claims []ReservedName) (diags diag.List) {
	users := map[string][]ReservedName{} // by namespace/account
	accounts := map[string][]string{}    // of an app, by its namespace/name
	namespaces := map[string]bool{}
	for _, c := range claims {
		if c.identity == runsAs {
			key := c.Namespace + "/" + c.Name
			users[key] = append(users[key], c)
			accounts[c.app] = append(accounts[c.app], key)
			namespaces[c.Namespace] = true
		}
	}
	for _, c := range claims {
		key := c.Namespace + "/" + c.Name
		switch {
		case c.identity == calledAs && namespaces[c.Namespace] && users[key] == nil:
			d := diag.Diagnostic{Code: diag.UnknownCaller, Severity: diag.Warning, At: c.At, Path: c.Path,
				Message: "no app of this run in namespace " + c.Namespace + " runs as the service account " + c.Name}
			diags.Add(d.WithHint("%s", accountHint(accounts, c)))
		case c.identity == calledAsApps:
			for _, account := range accounts[c.app] {
				other := slices.IndexFunc(users[account], func(u ReservedName) bool { return u.app != c.app })
				if other >= 0 && !strings.HasSuffix(account, "/"+defaultAccount) {
					diags.Add(sharedAccount(c, users[account][other], account))
				}
			}
		}
	}
	return diags
}

// accountHint proposes an account of the app that is called like the unknown
// one, if the run has it.
func accountHint(accounts map[string][]string, c ReservedName) string {
	if own := accounts[c.Namespace+"/"+c.Name]; len(own) > 0 {
		return "app " + c.Name + " runs as " + slices.Min(own) + "; name that, or give the app the account: serviceAccount: \"" + c.Name + "\""
	}
	return "set serviceAccount of the app that is meant, or name the account that it runs as"
}

func sharedAccount(c, other ReservedName, account string) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.CallerIdentity, Severity: diag.Error, At: c.At, Path: c.Path,
		Message: "the service account " + account + " of app " + c.app + " is also that of " + other.What + ", which would be admitted as well"}
	return d.WithRelated(other.At, "%s", other.What).
		WithHint("give one of the two another service account, or name the account: {serviceAccount: %q}", account)
}
