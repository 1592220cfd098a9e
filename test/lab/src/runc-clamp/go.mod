module lab.local/runc-clamp

go 1.26
