module logdist.test/cluster/pause

go 1.24
