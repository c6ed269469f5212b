// An HTTP server that stands in for any workload of a test: it takes everything, counts it, and is ready on demand.
//
//	POST /ready?ok=false   from now on GET /ready answers 503; ok=true turns it back
//	GET  /ready            200 or 503
//	GET  /                 200 and a JSON object: the pod's host name, requests and bytes taken so far
//	GET  /fetch?url=URL    what another server answers to this pod; 502 and the reason when it does not within 2 s
//	anything else          -status, with the host name in the header X-Pod; the body is read and thrown away
package main

import (
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	host, _ := os.Hostname()
	// Flags, as Kubernetes gives every pod variables that are named after the Services: SINK_PORT would be one.
	address := flag.String("listen", ":8000", "address and port")
	status := flag.Int("status", 202, "of the answers")
	flag.Parse()
	var unready atomic.Bool
	var requests, bytes atomic.Int64

	http.HandleFunc("POST /ready", func(w http.ResponseWriter, r *http.Request) {
		unready.Store(r.URL.Query().Get("ok") == "false")
	})
	http.HandleFunc("GET /ready", func(w http.ResponseWriter, r *http.Request) {
		if unready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"host": host, "requests": requests.Load(), "bytes": bytes.Load()})
	})
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	http.HandleFunc("GET /fetch", func(w http.ResponseWriter, r *http.Request) {
		answer, err := client.Get(r.URL.Query().Get("url"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		w.WriteHeader(answer.StatusCode)
		io.Copy(w, answer.Body)
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		requests.Add(1)
		bytes.Add(n)
		w.Header().Set("X-Pod", host)
		w.WriteHeader(*status)
	})

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		os.Exit(0)
	}()
	log.Printf("listening on %s", *address)
	log.Fatal(http.ListenAndServe(*address, nil))
}
