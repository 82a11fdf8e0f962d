// Command istio is the validation of istiod's admission webhook, and nothing
// else of istiod: HTTPS on /validate.
package main

import (
	"flag"
	"log"
	"net/http"

	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/webhooks/validation/server"
)

func main() {
	addr := flag.String("addr", "", "where to listen")
	cert := flag.String("cert", "", "serving certificate")
	key := flag.String("key", "", "its key")
	flag.Parse()
	mux := http.NewServeMux()
	if _, err := server.New(server.Options{
		Schemas: collections.PilotGatewayAPI(), DomainSuffix: "cluster.local", Mux: mux,
	}); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServeTLS(*addr, *cert, *key, mux))
}
