package formattest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// A Server serves one repository in one format as the program does, with one
// token for every action.
type Server struct {
	*httptest.Server
	URL string // of the repository, with the last slash
}

// Path is where the repository of a [Server] is.
func Path(f *format.Format) string { return "/" + f.Name + "/d/acme-123456789012/packages/" }

// NewServer serves a repository until the test ends. Requests must carry the
// token, as Bearer or as the password of Basic, unless it is empty.
func NewServer(t testing.TB, f *format.Format, repository format.Repository, token string) *Server {
	t.Helper()
	s := &Server{Server: httptest.NewUnstartedServer(nil)}
	s.URL = "http://" + s.Listener.Addr().String() + Path(f)
	s.Config.Handler = Handler(f, repository, token, s.URL)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// Handler mounts the routes of a format below /{format}/d/{domain}/{repository}.
func Handler(f *format.Format, repository format.Repository, token, base string) http.Handler {
	mux := http.NewServeMux()
	call := &format.Call{Repository: repository, Base: base, Now: time.Now(), MaxAsset: 64 << 20}
	for _, route := range f.Routes {
		mux.HandleFunc(route.Method+" /"+f.Name+"/d/{domain}/{repository}"+route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			err := authenticate(r, token)
			if err == nil {
				err = route.Handle(w, r, call)
			}
			if err != nil {
				refuse(w, r, f, fault.From(err))
			}
		})
	}
	mux.HandleFunc("/"+f.Name+"/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, f, fault.New(fault.NotFound, "No such address."))
	})
	return mux
}

func authenticate(r *http.Request, token string) error {
	_, password, _ := r.BasicAuth()
	if token == "" || password == token || r.Header.Get("Authorization") == "Bearer "+token {
		return nil
	}
	return fault.New(fault.MissingAuthentication, "The request has no valid token.")
}

func refuse(w http.ResponseWriter, r *http.Request, f *format.Format, e *fault.Error) {
	if format.Code(e) == http.StatusUnauthorized {
		for _, scheme := range f.Challenges {
			w.Header().Add("WWW-Authenticate", scheme+` realm="acme/packages"`)
		}
	}
	f.WriteError(w, r, e)
}
