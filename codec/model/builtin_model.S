/* The built-in model as it stands in its file; QUAVER_BUILTIN_MODEL_FILE is the path, in quotes. GNU as, ELF. */
        .section .rodata
        .balign 64
        .global kQuaverBuiltInModelBegin
        .hidden kQuaverBuiltInModelBegin
        .type   kQuaverBuiltInModelBegin, %object
kQuaverBuiltInModelBegin:
        .incbin QUAVER_BUILTIN_MODEL_FILE
        .global kQuaverBuiltInModelEnd
        .hidden kQuaverBuiltInModelEnd
        .type   kQuaverBuiltInModelEnd, %object
kQuaverBuiltInModelEnd:
        .byte   0
        .size   kQuaverBuiltInModelBegin, kQuaverBuiltInModelEnd - kQuaverBuiltInModelBegin

        .section .note.GNU-stack, "", %progbits
