// kindnetd of the lab: kind's own comes as a container image only. It gives this node's pods their addresses (a CNI
// configuration for the node's podCIDR) and keeps a route to every other node's. It enforces no NetworkPolicy.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	folder        = "/etc/cni/net.d"
	configuration = `{
  "cniVersion": "0.3.1", "name": "kindnet",
  "plugins": [
    {"type": "ptp", "ipMasq": true, "mtu": %d,
     "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam-state",
              "routes": [{"dst": "0.0.0.0/0"}], "ranges": [[{"subnet": "%s"}]]}},
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`
)

func main() {
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	// Services have no route before kube-proxy runs: kind names the API server itself.
	if endpoint := os.Getenv("CONTROL_PLANE_ENDPOINT"); endpoint != "" {
		config.Host = "https://" + endpoint
	}
	client := kubernetes.NewForConfigOrDie(config)
	for ; ; time.Sleep(5 * time.Second) {
		nodes, err := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{ResourceVersion: "0"})
		if err != nil {
			log.Print(err)
			continue
		}
		for _, node := range nodes.Items {
			if err := connect(node, os.Getenv("HOST_IP")); err != nil {
				log.Printf("node %s: %v", node.Name, err)
			}
		}
	}
}

func connect(node corev1.Node, own string) error {
	address := internalAddress(node)
	if node.Spec.PodCIDR == "" || address == nil {
		return nil // not registered completely yet
	}
	if address.String() == own {
		return write(fmt.Sprintf(configuration, mtu(), node.Spec.PodCIDR))
	}
	_, pods, err := net.ParseCIDR(node.Spec.PodCIDR)
	if err != nil {
		return err
	}
	return netlink.RouteReplace(&netlink.Route{Dst: pods, Gw: address})
}

func internalAddress(node corev1.Node) net.IP {
	for _, it := range node.Status.Addresses {
		if address := net.ParseIP(it.Address).To4(); it.Type == corev1.NodeInternalIP && address != nil {
			return address
		}
	}
	return nil
}

func mtu() int {
	if link, err := netlink.LinkByName("eth0"); err == nil {
		return link.Attrs().MTU
	}
	return 1500
}

// write replaces the file as a whole: the container runtime watches the folder.
func write(text string) error {
	path := filepath.Join(folder, "10-kindnet.conflist")
	if present, err := os.ReadFile(path); err == nil && string(present) == text {
		return nil
	}
	if err := os.WriteFile(path+".tmp", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
