package simd

//go:generate go -C _gen run . -group cpu -out ../cpuid_amd64.s -stubs ../cpuid_amd64.go -pkg simd
//go:generate go -C _gen run . -group tile -width 16 -out ../tile512_amd64.s -table ../tile512_amd64.go
//go:generate go -C _gen run . -group tile -width 8 -out ../tile256_amd64.s -table ../tile256_amd64.go
//go:generate go -C _gen run . -group winograd -width 16 -out ../winograd512_amd64.s
//go:generate go -C _gen run . -group winograd -width 8 -out ../winograd256_amd64.s
//go:generate go -C _gen run . -group depthwise -width 16 -out ../depthwise512_amd64.s
//go:generate go -C _gen run . -group depthwise -width 8 -out ../depthwise256_amd64.s
//go:generate go -C _gen run . -group turn -width 16 -out ../turn512_amd64.s
//go:generate go -C _gen run . -group turn -width 8 -out ../turn256_amd64.s
//go:generate go -C _gen run . -group vector -width 16 -out ../vector512_amd64.s -stubs ../vector512_amd64.go -pkg simd
//go:generate go -C _gen run . -group vector -width 8 -out ../vector256_amd64.s -stubs ../vector256_amd64.go -pkg simd
//go:generate go -C _gen run . -group split -width 16 -out ../split512_amd64.s -stubs ../split512_amd64.go -pkg simd
//go:generate go -C _gen run . -group split -width 8 -out ../split256_amd64.s -stubs ../split256_amd64.go -pkg simd
//go:generate go -C _gen run . -group words -width 16 -out ../words512_amd64.s -table ../words512_amd64.go
//go:generate go -C _gen run . -group words -width 8 -out ../words256_amd64.s -table ../words256_amd64.go
//go:generate go -C _gen run . -group double -width 16 -out ../double512_amd64.s -stubs ../double512_amd64.go -pkg simd
//go:generate go -C _gen run . -group double -width 8 -out ../double256_amd64.s -stubs ../double256_amd64.go -pkg simd
//go:generate go -C _gen run . -group rows -width 16 -out ../rows512_amd64.s -stubs ../rows512_amd64.go -pkg simd
//go:generate go -C _gen run . -group rows -width 8 -out ../rows256_amd64.s -stubs ../rows256_amd64.go -pkg simd
//go:generate go -C _gen run . -group bitplane -out ../../../dicom/codec/jpeg2000/passes_amd64.s
//go:generate go -C _gen run . -group wavelet -width 16 -out ../wavelet/kernels512_amd64.s -stubs ../wavelet/kernels512_amd64.go -pkg wavelet
//go:generate go -C _gen run . -group wavelet -width 8 -out ../wavelet/kernels256_amd64.s -stubs ../wavelet/kernels256_amd64.go -pkg wavelet
//go:generate go -C _gen run . -group jpeg -out ../../../dicom/codec/jpeg/kernels_amd64.s -stubs ../../../dicom/codec/jpeg/kernels_amd64.go -pkg jpeg
//go:generate go -C _gen run . -group quads -out ../../../dicom/codec/jpeg2000/quads_amd64.s
