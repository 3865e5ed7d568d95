package command

import "testing"

func TestColourFollowsTheOptionThenNOCOLORThenTheTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		option  string
		tty     bool
		noColor string
		want    bool
	}{
		{"", true, "", true}, {"", false, "", false}, {"auto", true, "", true},
		{"", true, "1", false}, {"auto", true, "0", false}, {"on", false, "1", true}, {"off", true, "", false},
	} {
		if got := useColour(c.option, c.tty, c.noColor); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
