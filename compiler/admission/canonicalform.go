package admission

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// appendCanonical appends the canonical form of v, the value at a path. The
// value that belay sets there is set; it is invalid if belay sets none, and then
// only the defaults in the table are in the form. It reports whether there is
// anything to write.
func appendCanonical(b []byte, path string, set, v reflect.Value) ([]byte, bool) {
	declared := isSet(set) || templateDefaults[path]
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return b, false
		}
		return appendPointed(b, path, set, v.Elem(), declared)
	}
	if isObject(v) {
		text, fields := appendFields(b, path, set, v)
		return text, fields > 0
	}
	if !declared || !isSet(v) {
		return b, false
	}
	switch v.Kind() {
	case reflect.Slice:
		return appendList(b, path, set, v), true
	case reflect.Map:
		return appendMap(b, path, v), true
	}
	return appendScalar(b, path, v), true
}

// isSet reports whether belay sets a value.
func isSet(v reflect.Value) bool {
	if !v.IsValid() {
		return false
	}
	if k := v.Kind(); k == reflect.Slice || k == reflect.Map {
		return v.Len() > 0
	}
	return !v.IsZero()
}

// appendPointed appends what a pointer points to. A zero value counts: it is
// not the same as none.
func appendPointed(b []byte, path string, set, v reflect.Value, declared bool) ([]byte, bool) {
	if isSet(set) {
		set = set.Elem()
	} else {
		set = reflect.Value{}
	}
	if isObject(v) {
		text, fields := appendFields(b, path, set, v)
		return text, fields > 0 || declared
	}
	if !declared {
		return b, false
	}
	return appendScalar(b, path, v), true
}

// isObject reports whether a value is an object in JSON: a struct, but not one
// that JSON has as a string or a number.
func isObject(v reflect.Value) bool {
	return v.Kind() == reflect.Struct && v.Type() != quantityType && v.Type() != intOrStringType
}

var (
	quantityType    = reflect.TypeFor[resource.Quantity]()
	intOrStringType = reflect.TypeFor[intstr.IntOrString]()
)

// appendFields appends the fields of a struct, and returns how many it has.
func appendFields(b []byte, path string, set, v reflect.Value) (text []byte, fields int) {
	b = append(b, '{')
	for _, f := range fieldsOf(v.Type(), path) {
		value := v.FieldByIndex(f.index)
		if value.IsZero() {
			continue // as most are
		}
		var own reflect.Value
		if set.IsValid() {
			own = set.FieldByIndex(f.index)
		}
		before := len(b)
		if fields > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, f.name), ':')
		with, ok := appendCanonical(b, f.path, own, value)
		if !ok {
			b = b[:before]
			continue
		}
		b = with
		fields++
	}
	return append(b, '}'), fields
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func appendList(b []byte, path string, set, v reflect.Value) []byte {
	b = append(b, '[')
	for i := range v.Len() {
		own := v.Index(i) // a default, and as such in the form as a whole
		if isSet(set) && set.Len() == v.Len() {
			own = set.Index(i)
		}
		if i > 0 {
			b = append(b, ',')
		}
		if e := v.Index(i); isObject(e) {
			b, _ = appendFields(b, path, own, e)
		} else {
			b = appendScalar(b, path, e)
		}
	}
	return append(b, ']')
}

func appendMap(b []byte, path string, v reflect.Value) []byte {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendScalar(append(appendString(b, key.String()), ':'), path, v.MapIndex(key))
	}
	return append(b, '}')
}

func appendScalar(b []byte, path string, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Struct:
		switch v := v.Interface().(type) {
		case resource.Quantity:
			return appendString(b, decimal(v))
		case intstr.IntOrString:
			return appendIntOrString(b, v)
		}
	case reflect.String:
		return appendString(b, v.String())
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10)
	}
	panic(fmt.Sprintf("belay internal: the canonical form has no %s, at %s", v.Type(), path))
}

func appendIntOrString(b []byte, v intstr.IntOrString) []byte {
	if v.Type == intstr.String {
		return appendString(b, v.StrVal)
	}
	return strconv.AppendInt(b, int64(v.IntVal), 10)
}

// decimal writes a quantity as a number, without an exponent or a suffix.
func decimal(q resource.Quantity) string {
	text := q.AsDec().String()
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// appendString appends a JSON string with the escapes of RFC 8785.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0 // where the part that needs no escape begins
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[plain:i]...)
		plain = i + 1
		switch short := strings.IndexByte("\b\t\n\f\r", c); {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case short >= 0:
			b = append(b, '\\', "btnfr"[short])
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(append(b, s[plain:]...), '"')
}

// A canonicalField is a field of a struct by its name in JSON.
type canonicalField struct {
	name  string
	path  string // in the template
	index []int
}

// A structAt is a type of structs that there are at a path.
type structAt struct {
	t    reflect.Type
	path string
}

var canonicalFields sync.Map // of []canonicalField, by structAt

// fieldsOf lists the fields of a struct by name in JSON, sorted; those of
// structs that JSON inlines are its own.
func fieldsOf(t reflect.Type, path string) []canonicalField {
	at := structAt{t, path}
	if known, ok := canonicalFields.Load(at); ok {
		return known.([]canonicalField)
	}
	var fields []canonicalField
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || name == "-":
		case f.Anonymous && name == "" || strings.Contains(options, "inline"):
			for _, inner := range fieldsOf(f.Type, path) {
				fields = append(fields, canonicalField{inner.name, inner.path, append([]int{i}, inner.index...)})
			}
		default:
			name = cmp.Or(name, f.Name)
			fields = append(fields, canonicalField{name, join(path, name), []int{i}})
		}
	}
	slices.SortFunc(fields, func(a, b canonicalField) int { return cmp.Compare(a.name, b.name) })
	canonicalFields.Store(at, fields)
	return fields
}
