package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// The configuration of nginx: one process, the kernel's copy from file to socket, and a
// line for each request in a file, as Daypass writes one.
const nginxConf = `daemon off;
master_process off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/nginx-error.log;
events { worker_connections 1024; }
http {
	access_log %[1]s/nginx-access.log;
	client_body_temp_path %[1]s/nginx-temp;
	proxy_temp_path %[1]s/nginx-temp;
	fastcgi_temp_path %[1]s/nginx-temp;
	uwsgi_temp_path %[1]s/nginx-temp;
	scgi_temp_path %[1]s/nginx-temp;
	keepalive_requests 1000000000;
	keepalive_time 1d;
	sendfile on;
	server {
		listen %[2]s;
		root %[3]s;
	}
}
`

// startNginx serves the files by nginx, on the processor of the others. It returns nil
// where there is no nginx, and says so.
func startNginx(ctx context.Context, o options) (*process, error) {
	program := found(o.nginx, "/usr/sbin/nginx") // which often is not on PATH
	if program == "" {
		fmt.Fprintf(os.Stderr, "bench: no %s on this machine: the download is compared with Go's file server alone\n", o.nginx)
		return nil, nil //nolint:nilnil // no nginx is no error
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(o.folder, "nginx.conf")
	err = os.WriteFile(conf, fmt.Appendf(nil, nginxConf, o.folder, address, o.files()), 0o600)
	if err != nil {
		return nil, err
	}
	cmd := pinned(ctx, program, "-p", o.folder, "-e", filepath.Join(o.folder, "nginx-error.log"), "-c", conf)
	cmd.Stderr = os.Stderr
	err = cmd.Start()
	if err != nil {
		return nil, err
	}
	p := &process{cmd, "http://" + address}
	for range 100 { // it does not say when it listens
		var connection net.Conn
		connection, err = (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return p, connection.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.kill()
	return nil, fmt.Errorf("%s does not listen: %w", program, err)
}

// freeAddress is a local address where nobody listened a moment ago.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// found is the first of the programs that there is, "" for none.
func found(programs ...string) string {
	for _, program := range programs {
		path, err := exec.LookPath(program)
		if err == nil {
			return path
		}
	}
	return ""
}
