package argocd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/yaml"
)

// TestHealth runs the script in the interpreter that Argo CD has, on objects
// as Knative 1.23 answered with them; the stale ones are answers to a change. The
// first line of each file says what comes out.
func TestHealth(t *testing.T) {
	files, err := filepath.Glob("testdata/health/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			want, _, _ := strings.Cut(string(data), "\n")
			var object map[string]any
			require.NoError(t, yaml.Unmarshal(data, &object))
			status, message := runHealth(t, object)
			assert.Equal(t, strings.TrimPrefix(want, "# "), strings.TrimSuffix(status+": "+message, ": "))
		})
	}
}

// TestHealth_LooksAtTheGeneration raises the generation of every object: what
// its status says is then not about it.
func TestHealth_LooksAtTheGeneration(t *testing.T) {
	files, err := filepath.Glob("testdata/health/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var object map[string]any
		require.NoError(t, yaml.Unmarshal(data, &object))
		object["metadata"].(map[string]any)["generation"] = 100.0
		status, _ := runHealth(t, object)
		assert.Equal(t, "Progressing", status, file)
	}
}

// TestHealth_Warnings gives every object a warning of belay's: the status is the
// same, and the message has both.
func TestHealth_Warnings(t *testing.T) {
	files, err := filepath.Glob("testdata/health/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var object map[string]any
		require.NoError(t, yaml.Unmarshal(data, &object))
		status, message := runHealth(t, object)
		object["metadata"].(map[string]any)["annotations"] = map[string]any{"belay.sh/warnings": "unrecorded-revision: it is not there"}
		warned, withWarning := runHealth(t, object)
		assert.Equal(t, status, warned, file)
		assert.Equal(t, strings.TrimPrefix(message+"; belay warns: unrecorded-revision: it is not there", "; "), withWarning, file)
	}
}

// runHealth runs the script with the libraries that Argo CD opens for it
// (github.com/argoproj/argo-cd, util/lua).
func runHealth(t *testing.T, object map[string]any) (status, message string) {
	t.Helper()
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		state.Push(state.NewFunction(open))
		state.Push(lua.LString(name))
		state.Call(1, 0)
	}
	state.SetGlobal("obj", luaValue(t, state, object))
	require.NoError(t, state.DoString(health))
	result, ok := state.Get(-1).(*lua.LTable)
	require.True(t, ok, "the script returns a table")
	return result.RawGetString("status").String(), result.RawGetString("message").String()
}

func luaValue(t *testing.T, state *lua.LState, value any) lua.LValue {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return lua.LNil
	case bool:
		return lua.LBool(v)
	case float64:
		return lua.LNumber(v)
	case string:
		return lua.LString(v)
	case []any:
		list := state.NewTable()
		for _, e := range v {
			list.Append(luaValue(t, state, e))
		}
		return list
	case map[string]any:
		table := state.NewTable()
		for name, e := range v {
			table.RawSetString(name, luaValue(t, state, e))
		}
		return table
	}
	data, _ := json.Marshal(value)
	t.Fatalf("no Lua for %s", data)
	return nil
}
