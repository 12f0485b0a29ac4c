module plumbline/tools/pins/pause

go 1.26.0
