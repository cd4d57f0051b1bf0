    .section .rodata
    .balign 64
    .global quaver_fuzz_tiny
quaver_fuzz_tiny:
    .incbin QUAVER_FUZZ_TINY
    .global quaver_fuzz_tiny_end
quaver_fuzz_tiny_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
