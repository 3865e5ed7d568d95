package formattest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// A Server serves one repository in one format as the program does, with one
// token for every action.
type Server struct {
	*httptest.Server
	URL string // of the repository, with the last slash
}

// NewServer serves a repository until the test ends. Requests must carry the
// token, as Bearer or as the password of Basic, unless it is empty.
func NewServer(t testing.TB, repository *Repository, token string) *Server {
	t.Helper()
	s := &Server{Server: httptest.NewUnstartedServer(nil)}
	f := repository.registry.format
	s.URL = "http://" + s.Listener.Addr().String() + "/" + f.Name + "/d/" + Domain + "-" + Owner + "/" + repository.Name + "/"
	s.Config.Handler = handler(f, repository, token, s.URL)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// handler mounts the routes of a format below /{format}/d/{domain}/{repository}.
func handler(f *format.Format, repository *Repository, token, base string) http.Handler {
	mux := http.NewServeMux()
	for _, route := range f.Routes {
		mux.HandleFunc(route.Method+" /"+f.Name+"/d/{domain}/{repository}"+route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			err := authenticate(r, token)
			if err == nil {
				err = serve(w, r, repository, route, base)
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

func serve(w http.ResponseWriter, r *http.Request, repository *Repository, route format.Route, base string) error {
	bound, err := repository.Bind(r.Context(), route.Verbs...)
	if err != nil {
		return err
	}
	return route.Handle(w, r, &format.Call{Repository: bound, Base: base, Now: Now, MaxAsset: 64 << 20})
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
