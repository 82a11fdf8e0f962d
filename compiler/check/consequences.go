package check

import (
	"github.com/belay-sh/belay/internal/diag"
)

// Parts of the target that findings depend on; no field of an app has such a
// name. wholeTarget stands for all of them.
const (
	wholeTarget   = "target."
	knative       = "target.knative"
	istio         = "target.istio"
	targetMesh    = "target.mesh"
	defaultsMap   = "target.config.defaults"
	featuresMap   = "target.config.features"
	autoscalerMap = "target.config.autoscaler"
)

// dependsOn are the fields that a finding may be a consequence of, by its code:
// those whose absence makes a rule report it, and those that it compares with
// each other.
var dependsOn = map[diag.Code][]string{
	diag.ActivatorInPath:              {wholeTarget, "min", "burstCapacity", "scale"},
	diag.AmbientUnsupported:           {istio, targetMesh, "ambient", "waypoint", "mtls"},
	diag.CallerIdentity:               {"namespace", "name", "serviceAccount", "inject", "revision", "labels", "namespaces", "mesh", "apps"},
	diag.CertificateNameTooLong:       {wholeTarget, "name", "namespace"},
	diag.ClusterDomain:                {wholeTarget},
	diag.ConcurrencyLimit:             {defaultsMap},
	diag.DomainMakesPublic:            {"visibility", wholeTarget},
	diag.DomainRequired:               {"domains", "match", "headers", featuresMap, knative},
	diag.DuplicateHost:                {"host", "port", "protocol", "egress"},
	diag.DuplicateIssuer:              {"issuer", "jwt"},
	diag.DuplicateTag:                 {"tag", "match", "mirror"},
	diag.ExistingTemplate:             {"existing"},
	diag.FeatureDisabled:              {featuresMap, knative},
	diag.ForeignHost:                  {wholeTarget, "name", "namespace"},
	diag.ForeignRevision:              {"name"},
	diag.GatewayRequired:              {wholeTarget, "visibility", "domains"},
	diag.HostCollision:                {wholeTarget, "name", "namespace", "tag"},
	diag.IdentityRequired:             {"mtls", wholeTarget, "ambient", "min", "burstCapacity", "scale"},
	diag.InjectionConflict:            {"inject", "revision"},
	diag.InternalHost:                 {wholeTarget},
	diag.InternalTLS:                  {wholeTarget},
	diag.InvalidMatch:                 {"headers", "cookies", "path", "match"},
	diag.InvalidName:                  {"tag"},
	diag.InvalidProbe:                 {knative, "period", "timeout", "failures"},
	diag.InvalidValue:                 {"matchExpressions", "matchFields", "nodeSelectorTerms", "key", "operator", "values"},
	diag.InvalidSetting:               {wholeTarget},
	diag.LatestRequired:               {"latest", "strategy", "revisions"},
	diag.LowPort:                      {featuresMap, knative, "profile", "capabilities", "security"},
	diag.MeshWithoutAPI:               {"mesh", "cluster", "dataplaneAPI"},
	diag.MetricClass:                  {"class", "metric", "scale", autoscalerMap},
	diag.MisplacedField:               {wholeTarget, "protocol", "ambient", "mesh", "manifests", "urls", "class"},
	diag.MissingComponent:             {wholeTarget, "manifests"},
	diag.MissingField:                 {"values", "accessModes", "storage", "requests", "resources", "nodeSelectorTerms", "matchExpressions", "image", "existing", "revisions", "key", "limits", "port", "protocol", "version", wholeTarget, "mesh", "name", "jwksUri", "jwks"},
	diag.MixedGateways:                {wholeTarget, "visibility", "domains"},
	diag.NameTooLong:                  {"name", "namespace", wholeTarget},
	diag.OneOf:                        {"callers"},
	diag.OneSidedException:            {"except", "require", "issuer", "jwt"},
	diag.PlatformMismatch:             {knative, targetMesh, "target.domain", "version"},
	diag.PortRequired:                 {"port", "sidecars"},
	diag.PrivateRoutes:                {wholeTarget, "sslip"},
	diag.PublicCallers:                {"visibility", "callers"},
	diag.RequestOverLimit:             {"requests", "limits"},
	diag.ReservedMetadata:             {knative},
	diag.ReservedPath:                 {knative},
	diag.RetriesOff:                   {"attempts", "retries"},
	diag.RolloutUnused:                {"revisions", "strategy", "existing"},
	diag.ScaleLimit:                   {autoscalerMap, "min", "max", "initial", "scale"},
	diag.ScaleOrder:                   {autoscalerMap, "min", "max", "initial", "activation", "scale"},
	diag.SettingRequired:              {wholeTarget, "config", "features", "class", "metric", "scale", "min", "activation", "visibility", "domains"},
	diag.SeveralMirrors:               {"mirror"},
	diag.SidecarRequired:              {"inject", "ambient", "mesh"},
	diag.StrategyUnused:               {"strategy", "revisions"},
	diag.StrictWithoutInjectedServing: {targetMesh},
	diag.TimeoutLimit:                 {defaultsMap},
	diag.TimeoutOrder:                 {defaultsMap, "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds"},
	diag.UnknownCaller:                {"namespace", "name", "serviceAccount", "apps"},
	diag.UnknownHost:                  {"strategy", "revisions", "existing", wholeTarget},
	diag.UnknownRelease:               {knative},
	diag.UnknownRevision:              {"latest", "strategy", "revisions"},
	diag.UnknownSetting:               {knative},
	diag.UnpinnedManifest:             {"sha256", "manifests", "version", knative},
	diag.UnreachableMatch:             {"match", "headers", "cookies", "path"},
	diag.UnreadSetting:                {"labelSelector", wholeTarget, "class", "metric", "scale", "probes"},
	diag.UnsupportedField:             {knative, istio},
	diag.VolumeConflict:               {"emptyDir", "sizeLimit", "medium", "mounts"},
	diag.WeightsSum:                   {"weight", "revisions", "existing"},
}

// local are the codes whose findings depend only on fields of the map that they
// are in, and on what is below and directly around it: many maps have fields of
// these names.
var local = map[diag.Code]bool{
	diag.InvalidName:    true,
	diag.InvalidValue:   true,
	diag.MisplacedField: true,
	diag.MissingField:   true,
	diag.OneOf:          true,
	diag.UnreadSetting:  true,
}
