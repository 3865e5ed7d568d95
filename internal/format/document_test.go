package format_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"strings"
	"sync"
	"testing"

	"daypass/internal/format"
)

func written(t *testing.T, d *format.Document, base string) string {
	t.Helper()
	var b strings.Builder
	if err := d.Write(&b, base); err != nil {
		t.Fatal(err)
	}
	if b.Len() != d.Size(base) {
		t.Errorf("wrote %d bytes, Size is %d", b.Len(), d.Size(base))
	}
	return b.String()
}

func unpacked(t *testing.T, packed []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheAddressIsPutInWhereARenderWroteBase(t *testing.T) {
	t.Parallel()
	const filler = "once upon a time "
	body := format.Base() + "a" + format.Base() + "b" + strings.Repeat(filler, 50) + format.Base()
	d := format.NewDocument([]byte(body))
	for _, base := range []string{"http://a/", "https://another.example/npm/d/acme-1/r/"} {
		want := base + "a" + base + "b" + strings.Repeat(filler, 50) + base
		if got := written(t, d, base); got != want {
			t.Errorf("at %s: %s", base, got)
		}
		if got := unpacked(t, d.Gzip(base)); got != want {
			t.Errorf("compressed, at %s: %s", base, got)
		}
	}
	if d.Tag("http://a/", false) == d.Tag("http://b/", false) {
		t.Error("documents with other bytes have one tag")
	}
	plain := format.NewDocument([]byte(strings.Repeat(filler, 50)))
	if plain.Tag("http://a/", false) != plain.Tag("http://b/", false) {
		t.Error("a document without the address has a tag for each")
	}
	for _, base := range []string{"", "http://a/"} {
		if d.Tag(base, true) == d.Tag(base, false) || plain.Tag(base, true) == plain.Tag(base, false) {
			t.Errorf("compressed bytes have the tag of the others, at %q", base)
		}
	}
	if plain.Tag("", false) == d.Tag("", false) {
		t.Error("two documents have one tag")
	}
}

func TestNoEncoderChangesTheAddress(t *testing.T) {
	t.Parallel()
	asJSON, err := json.Marshal(format.Base())
	if err != nil {
		t.Fatal(err)
	}
	var asXML strings.Builder
	if err := xml.EscapeText(&asXML, []byte(format.Base())); err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{strings.Trim(string(asJSON), `"`), asXML.String(), html.EscapeString(format.Base())} {
		if got != format.Base() {
			t.Errorf("%s became %s", format.Base(), got)
		}
	}
}

func TestCompressedBytesAreKeptForFewAddresses(t *testing.T) {
	t.Parallel()
	d := format.NewDocument([]byte(strings.Repeat("x", 100_000) + format.Base()))
	kept := 0
	for i := range 20 {
		if d.Gzip(fmt.Sprintf("http://%d.example/", i)) != nil {
			kept++
		}
	}
	if kept != 4 {
		t.Errorf("kept for %d addresses, want 4", kept)
	}
	if again := d.Gzip("http://0.example/"); again == nil {
		t.Error("the first address gets it no more")
	}
	if small := format.NewDocument([]byte("small")).Gzip(""); small != nil {
		t.Error("a small document is compressed")
	}
	if w := d.Weight(); w < 100_000 {
		t.Errorf("weight %d of over 100,000 bytes", w)
	}
}

func TestADocumentIsReadByManyAtOnce(t *testing.T) {
	t.Parallel()
	d := format.NewDocument([]byte(strings.Repeat("x", 1000) + format.Base()))
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() { d.Gzip([]string{"http://a/", "http://b/"}[i%2]) })
	}
	wait.Wait()
}
