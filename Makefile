# dev: an incremental build into the source tree, with the tools of the active environment.
dev:
	cmake -G Ninja -S . -B build/dev -DCMAKE_BUILD_TYPE=Release -DFASTNN_WERROR=ON \
	  -DPython_EXECUTABLE=$$(which python) -Dpybind11_DIR=$$(python -m pybind11 --cmakedir)
	cmake --build build/dev
	cmake --install build/dev --prefix .

.PHONY: dev
