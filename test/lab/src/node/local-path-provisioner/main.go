// local-path-provisioner of the lab: kind's own comes as a container image only. It serves kind's default StorageClass:
// a volume is a folder on the node that the scheduler chose, made and removed by a helper pod there.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	provisioner   = "rancher.io/local-path" // as kind's StorageClass `standard` names it
	root          = "/var/local-path-provisioner"
	provisionedBy = "pv.kubernetes.io/provisioned-by"
	selectedNode  = "volume.kubernetes.io/selected-node"
	storageFor    = "volume.kubernetes.io/storage-provisioner"
)

type volumes struct {
	client    kubernetes.Interface
	image     string
	namespace string
}

func main() {
	// kind starts it as `local-path-provisioner --debug start --helper-image IMAGE --config FILE`.
	flags := flag.NewFlagSet("start", flag.ExitOnError)
	image := flags.String("helper-image", "", "image with sh, mkdir and rm")
	flags.String("config", "", "not read: the folder is "+root)
	for i, argument := range os.Args {
		if argument == "start" {
			flags.Parse(os.Args[i+1:])
		}
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	it := volumes{kubernetes.NewForConfigOrDie(config), *image, os.Getenv("POD_NAMESPACE")}
	for ; ; time.Sleep(500 * time.Millisecond) {
		if err := it.reconcile(context.Background()); err != nil {
			log.Print(err)
		}
	}
}

func (it volumes) reconcile(ctx context.Context) error {
	claims, err := it.client.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return err
	}
	for _, claim := range claims.Items {
		ours := claim.Annotations[storageFor] == provisioner && claim.Annotations[selectedNode] != ""
		if ours && claim.Spec.VolumeName == "" && claim.DeletionTimestamp == nil {
			if err := it.provision(ctx, claim); err != nil {
				log.Printf("claim %s/%s: %v", claim.Namespace, claim.Name, err)
			}
		}
	}
	present, err := it.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return err
	}
	for _, volume := range present.Items {
		released := volume.Status.Phase == corev1.VolumeReleased && volume.Annotations[provisionedBy] == provisioner
		if released && volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete {
			if err := it.remove(ctx, volume); err != nil {
				log.Printf("volume %s: %v", volume.Name, err)
			}
		}
	}
	return nil
}

func (it volumes) provision(ctx context.Context, claim corev1.PersistentVolumeClaim) error {
	name, node := "pvc-"+string(claim.UID), claim.Annotations[selectedNode]
	if _, err := it.client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{}); err == nil {
		return nil // the controller manager is about to bind it
	}
	if err := it.onNode(ctx, node, "create-"+name, "mkdir -m 0777 -p /root-of-volumes/"+name); err != nil {
		return err
	}
	kind := corev1.HostPathDirectoryOrCreate
	here := corev1.NodeSelectorRequirement{
		Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{node},
	}
	terms := []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{here}}}
	_, err := it.client.CoreV1().PersistentVolumes().Create(ctx, &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			StorageClassName:              *claim.Spec.StorageClassName,
			AccessModes:                   claim.Spec.AccessModes,
			VolumeMode:                    claim.Spec.VolumeMode,
			Capacity:                      claim.Spec.Resources.Requests,
			ClaimRef: &corev1.ObjectReference{
				Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: path.Join(root, name), Type: &kind},
			},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: terms}},
		},
	}, metav1.CreateOptions{})
	return err
}

func (it volumes) remove(ctx context.Context, volume corev1.PersistentVolume) error {
	node := volume.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values[0]
	_, err := it.client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
	if err == nil {
		err = it.onNode(ctx, node, "delete-"+volume.Name, "rm -rf /root-of-volumes/"+volume.Name)
	}
	if err != nil && !errors.IsNotFound(err) { // with its node, the folder is gone too
		return err
	}
	return it.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{})
}

// onNode runs a shell command in a pod on the node, waits for it and removes it.
func (it volumes) onNode(ctx context.Context, node, name, command string) error {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	pods := it.client.CoreV1().Pods(it.namespace)
	kind := corev1.HostPathDirectoryOrCreate
	_, err := pods.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			NodeName:      node,
			RestartPolicy: corev1.RestartPolicyNever,
			Tolerations:   []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{
				Name: "helper", Image: it.image, ImagePullPolicy: corev1.PullIfNotPresent,
				Command:      strings.Fields("/bin/sh -c"),
				Args:         []string{command},
				VolumeMounts: []corev1.VolumeMount{{Name: "root", MountPath: "/root-of-volumes"}},
			}},
			Volumes: []corev1.Volume{{Name: "root", VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: root, Type: &kind},
			}}},
		},
	}, metav1.CreateOptions{})
	if err != nil && !errors.IsAlreadyExists(err) {
		return err
	}
	now := int64(0)
	defer pods.Delete(context.WithoutCancel(ctx), name, metav1.DeleteOptions{GracePeriodSeconds: &now})
	for {
		pod, err := pods.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		switch pod.Status.Phase {
		case corev1.PodSucceeded:
			return nil
		case corev1.PodFailed:
			return fmt.Errorf("pod %s failed: %s", name, pod.Status.Message)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
