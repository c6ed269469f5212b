module logdist.test/cluster/sink

go 1.24
