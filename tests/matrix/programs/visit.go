// Asks Go's own HTTPS client, and its verifier about clients and signed code. Reads and
// prints what visit.py does; chains of signed code come last.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
)

type request struct {
	Roots   string     `json:"roots"`
	Checks  [][]any    `json:"checks"`
	Clients [][]string `json:"clients"`
	Code    [][]string `json:"code"`
}

var roots = x509.NewCertPool()

func visit(host string, port int) error {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		},
	}
	where := url.URL{Scheme: "https", Host: net.JoinHostPort(host, fmt.Sprint(port)), Path: "/"}
	response, err := (&http.Client{Transport: transport}).Get(where.String())
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func verify(chainfile string, usage x509.ExtKeyUsage) error {
	data, err := os.ReadFile(chainfile)
	if err != nil {
		panic(err)
	}
	var leaf *x509.Certificate
	between := x509.NewCertPool()
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		found, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		if leaf == nil {
			leaf = found
		} else {
			between.AddCert(found)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	return err
}

func main() {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	data, err := os.ReadFile(asked.Roots)
	if err != nil || !roots.AppendCertsFromPEM(data) {
		panic("no roots")
	}

	answers := []string{}
	add := func(err error) {
		if err == nil {
			answers = append(answers, "")
		} else {
			answers = append(answers, err.Error())
		}
	}
	for _, each := range asked.Checks {
		add(visit(each[0].(string), int(each[1].(float64))))
	}
	for _, each := range asked.Clients {
		add(verify(each[0], x509.ExtKeyUsageClientAuth))
	}
	for _, each := range asked.Code {
		add(verify(each[0], x509.ExtKeyUsageCodeSigning))
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
