package target

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run generate.go

// setting is a key of one of Knative's ConfigMaps, over the releases.
type setting struct {
	configMap string
	key       string
	since     Version
	until     Version // the first release without it; zero for none
	strict    Version // of a flag: from here on "allowed" is not enough, the webhook asks for "enabled"; zero for never
	values    []dated // the value that holds without the key, by the release it came with
}

type dated struct {
	since Version
	value string
}

func (t *Target) hasSetting(s setting) bool {
	return t.Knative.AtLeast(s.since) && (s.until == Version{} || !t.Knative.AtLeast(s.until))
}

// Setting is the value of a key of one of Knative's ConfigMaps: the cluster's
// own, or the release's. The ConfigMap goes without its prefix "config-", the
// key in today's spelling.
func (t *Target) Setting(configMap, key string) string {
	for i := range settings {
		s := &settings[i]
		if s.configMap != configMap || !t.hasSetting(*s) || s.key != key && !s.isFormer(key) {
			continue
		}
		if v, ok := t.Config[configMap][s.key]; ok {
			return v
		}
		for _, d := range slices.Backward(s.values) {
			if t.Knative.AtLeast(d.since) {
				return d.value
			}
		}
	}
	return ""
}

// isFormer reports whether a setting is the one that has the given key today,
// in the spelling of a release that has ended.
func (s *setting) isFormer(key string) bool {
	return s.until != Version{} && s.key == formerKey(key)
}

// formerKey is the spelling of a key up to Knative 0.26: camelCase, or a dot
// before "class".
func formerKey(key string) string {
	if name, ok := strings.CutSuffix(key, "-class"); ok {
		return name + ".class"
	}
	words := strings.Split(key, "-")
	for i, w := range words {
		if i > 0 && w == "tls" {
			words[i] = "TLS"
		} else if i > 0 && w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// SettingInt is a Setting that is a number; 0 if it is not one.
func (t *Target) SettingInt(configMap, key string) int64 {
	n, _ := strconv.ParseInt(t.Setting(configMap, key), 10, 64)
	return n
}

// neutralSettings are the values of settings of config-defaults with which the
// code of the newest release leaves alone a field that older releases do not
// have.
var neutralSettings = map[string]string{
	"revision-idle-timeout-seconds":           "0",
	"revision-response-start-timeout-seconds": "0",
}

// DefaultsSettings are the cluster's own settings of config-defaults, for the
// code of the newest release: a setting that came later than the target's release
// has the value with which that code sets no default.
func (t *Target) DefaultsSettings() map[string]string {
	own := t.Config["defaults"]
	effective := make(map[string]string, len(own)+len(neutralSettings))
	maps.Copy(effective, own)
	for _, s := range settings {
		if neutral, ok := neutralSettings[s.key]; ok && s.configMap == "defaults" && !t.hasSetting(s) {
			effective[s.key] = neutral
		}
	}
	return effective
}

// Settings are the keys that the target's release reads of a ConfigMap.
func (t *Target) Settings(configMap string) []string {
	var keys []string
	for _, s := range settings {
		if s.configMap == configMap && t.hasSetting(s) {
			keys = append(keys, s.key)
		}
	}
	return keys
}
