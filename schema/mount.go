package schema

import "github.com/go-json-experiment/json/v1"

// Mount is a volume and how it is mounted. Exactly one source is set.
type Mount struct {
	Secret    string
	ConfigMap string
	PVC       string
	EmptyDir  *EmptyDir
	Projected []Projection
	HostPath  *HostPath
	CSI       *CSI
	Ephemeral json.RawMessage
	Image     string
	Items     map[string]string
	SubPath   string
	ReadOnly  *bool
	Optional  *bool
	Mode      *Mode
}

// Mode is a file mode.
type Mode int32

// UnmarshalJSON reads a number, or a string of octal digits.
func (m *Mode) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		return json.Unmarshal(data, (*int32)(m))
	}
	*m = 0
	for _, digit := range data[1 : len(data)-1] {
		*m = *m<<3 | Mode(digit-'0')
	}
	return nil
}

// EmptyDir is scratch space.
type EmptyDir struct {
	Name      string
	Medium    string
	SizeLimit Quantity
}

// Projection is a source in a projected volume. Exactly one of Secret,
// ConfigMap, Token and Fields is set.
type Projection struct {
	Secret    string
	ConfigMap string
	Token     *Token
	Fields    map[string]string
	Items     map[string]string
	Optional  *bool
}

// Token is a service account token.
type Token struct {
	Path              string
	Audience          string
	ExpirationSeconds *int64
}

// HostPath is a path of the node.
type HostPath struct {
	Path string
	Type string
}

// CSI is a volume of a CSI driver.
type CSI struct {
	Driver     string
	FSType     string
	Attributes map[string]string
	Secret     string
}
