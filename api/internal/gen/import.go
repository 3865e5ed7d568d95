package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A service is one service of botocore, and what our model changes in it.
type service struct {
	name, version string
	// secret are shapes that our model marks as sensitive although AWS's does not:
	// one-time codes.
	secret []string
}

var services = []service{
	{name: "codeartifact", version: "2018-09-22"},
	{name: "sts", version: "2011-06-15", secret: []string{"tokenCodeType"}},
	{name: "iam", version: "2010-05-08", secret: []string{"authenticationCodeType"}},
}

// original is what we read from a service-2.json: its facts, none of its prose.
type original struct {
	Metadata struct {
		APIVersion     string `json:"apiVersion"`
		EndpointPrefix string `json:"endpointPrefix"`
		Protocol       string `json:"protocol"`
		ServiceID      string `json:"serviceId"`
		SigningName    string `json:"signingName"`
		XMLNamespace   string `json:"xmlNamespace"`
	} `json:"metadata"`
	Operations map[string]struct {
		HTTP struct {
			Method     string `json:"method"`
			RequestURI string `json:"requestUri"`
		} `json:"http"`
		Input      shapeRef   `json:"input"`
		Output     shapeRef   `json:"output"`
		Errors     []shapeRef `json:"errors"`
		AuthType   string     `json:"authtype"`
		Idempotent bool       `json:"idempotent"`
	} `json:"operations"`
	Shapes map[string]originalShape `json:"shapes"`

	extras
}

type shapeRef struct {
	Shape        string `json:"shape"`
	Location     string `json:"location"`
	LocationName string `json:"locationName"`
}

type originalShape struct {
	Type      string          `json:"type"`
	Min       *int64          `json:"min"`
	Max       *int64          `json:"max"`
	Pattern   string          `json:"pattern"`
	Enum      []string        `json:"enum"`
	Sensitive bool            `json:"sensitive"`
	Streaming bool            `json:"streaming"`
	Required  []string        `json:"required"`
	Members   json.RawMessage `json:"members"` // an object whose order matters
	Payload   string          `json:"payload"`
	Key       shapeRef        `json:"key"`
	Value     shapeRef        `json:"value"`
	Member    shapeRef        `json:"member"`
	Exception bool            `json:"exception"`
	Fault     bool            `json:"fault"`
	Error     struct {
		Code   string `json:"code"`
		Status int    `json:"httpStatusCode"`
	} `json:"error"`
}

// importModel returns the model of a service. What botocore does not have comes from
// old, the present text of the model.
func importModel(data string, src service, old string) (string, error) {
	o, err := readOriginal(filepath.Join(data, src.name, src.version, "service-2.json.gz"))
	if err != nil {
		return "", err
	}
	err = o.readExtras(filepath.Join(data, src.name, src.version))
	if err != nil {
		return "", err
	}
	signing := o.Metadata.SigningName
	if signing == "" {
		signing = o.Metadata.EndpointPrefix
	}
	var b strings.Builder
	fmt.Fprintf(&b, "service %s\nid %s\nsigning %s\n", src.name, o.Metadata.ServiceID, signing)
	fmt.Fprintf(&b, "version %s\nprotocol %s\n", o.Metadata.APIVersion, o.Metadata.Protocol)
	if o.Metadata.XMLNamespace != "" {
		fmt.Fprintf(&b, "namespace %s\n", o.Metadata.XMLNamespace)
	}
	own := readOwnFacts(old)
	b.WriteString(own.service + "\n")
	for _, name := range slices.Sorted(maps.Keys(o.Operations)) {
		o.writeOperation(&b, name, own.operations[name])
	}
	b.WriteByte('\n')
	err = o.writeWaiters(&b)
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(o.Shapes)) {
		sh := o.Shapes[name]
		sh.Sensitive = sh.Sensitive || slices.Contains(src.secret, name)
		err := sh.write(&b, name)
		if err != nil {
			return "", fmt.Errorf("shape %s: %w", name, err)
		}
	}
	b.WriteByte('\n')
	b.WriteString(own.sentences)
	return strings.TrimRight(b.String(), "\n") + "\n", nil
}

func readOriginal(file string) (*original, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var o original
	return &o, json.NewDecoder(unzipped).Decode(&o)
}

func (o *original) writeOperation(b *strings.Builder, name string, own ownOperation) {
	op := o.Operations[name]
	fmt.Fprintf(b, "operation %s %s %s %s %s\n", name, op.HTTP.Method, op.HTTP.RequestURI, orDash(op.Input.Shape), orDash(op.Output.Shape))
	b.WriteString(own.reads)
	if len(op.Errors) > 0 {
		b.WriteString("errors")
		for _, e := range op.Errors {
			b.WriteString(" " + e.Shape)
		}
		b.WriteByte('\n')
	}
	if op.AuthType == "none" {
		b.WriteString("unsigned\n")
	}
	if op.Idempotent {
		b.WriteString("idempotent\n")
	}
	o.writePages(b, name)
	b.WriteString(own.unserved + own.doc)
}

func orDash(name string) string {
	if name == "" {
		return "-"
	}
	return name
}

func (sh *originalShape) write(b *strings.Builder, name string) error {
	fmt.Fprintf(b, "%s %s", sh.Type, name)
	if sh.Min != nil || sh.Max != nil {
		fmt.Fprintf(b, " %s..%s", number(sh.Min), number(sh.Max))
	}
	for _, of := range []string{sh.Member.Shape, sh.Key.Shape, sh.Value.Shape} {
		if of != "" {
			b.WriteString(" " + of)
		}
	}
	b.WriteByte('\n')
	err := sh.writePattern(b)
	if err != nil {
		return err
	}
	if len(sh.Enum) > 0 {
		if strings.ContainsAny(strings.Join(sh.Enum, ""), " \t\n") {
			return fmt.Errorf("a value of the enumeration has a blank")
		}
		b.WriteString("enum " + strings.Join(sh.Enum, " ") + "\n")
	}
	if sh.Sensitive {
		b.WriteString("sensitive\n")
	}
	if sh.Streaming {
		b.WriteString("streaming\n")
	}
	if sh.Exception {
		sh.writeError(b, name)
	}
	return sh.writeMembers(b)
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func (sh *originalShape) writePattern(b *strings.Builder) error {
	if sh.Pattern == "" {
		return nil
	}
	fmt.Fprintf(b, "pattern %s\n", sh.Pattern)
	re, err := toRE2(sh.Pattern)
	if err == nil && re != sh.Pattern {
		fmt.Fprintf(b, "re2 %s\n", re)
	}
	return err
}

func (sh *originalShape) writeError(b *strings.Builder, name string) {
	code := sh.Error.Code
	if code == "" {
		code = name
	}
	fmt.Fprintf(b, "error %s %d", code, sh.Error.Status)
	if sh.Fault {
		b.WriteString(" fault")
	}
	b.WriteByte('\n')
}

func (sh *originalShape) writeMembers(b *strings.Builder) error {
	members, err := orderedMembers(sh.Members)
	if err != nil {
		return err
	}
	for _, m := range members {
		location, known := map[string]string{"": "body", "querystring": "query", "header": "header"}[m.ref.Location]
		if !known {
			return fmt.Errorf("member %s travels in %q, which package api does not have", m.name, m.ref.Location)
		}
		if m.name == sh.Payload {
			location = "payload"
		}
		required := ""
		if slices.Contains(sh.Required, m.name) {
			required = "!"
		}
		fmt.Fprintf(b, "member %s%s %s", m.name, required, m.ref.Shape)
		switch {
		case m.ref.LocationName != "" && m.ref.LocationName != m.name:
			b.WriteString(" " + location + ":" + m.ref.LocationName)
		case location != "body":
			b.WriteString(" " + location)
		}
		b.WriteByte('\n')
	}
	return nil
}

type namedRef struct {
	name string
	ref  shapeRef
}

// orderedMembers returns the members of a JSON object in their order.
func orderedMembers(object json.RawMessage) ([]namedRef, error) {
	if len(object) == 0 {
		return nil, nil
	}
	var refs map[string]shapeRef
	err := json.Unmarshal(object, &refs)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(object))
	_, err = d.Token()
	if err != nil {
		return nil, err
	}
	var list []namedRef
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var skipped json.RawMessage
		err = d.Decode(&skipped)
		if err != nil {
			return nil, err
		}
		list = append(list, namedRef{key.(string), refs[key.(string)]})
	}
	return list, nil
}
