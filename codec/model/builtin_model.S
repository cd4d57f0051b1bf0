/* The built-in model as it stands in its file; QUAVER_BUILTIN_MODEL_FILE is the path, in quotes. GNU as, ELF. */
        .section .rodata
        .balign 64
        .global quaver_builtin_model_begin
        .hidden quaver_builtin_model_begin
        .type   quaver_builtin_model_begin, %object
quaver_builtin_model_begin:
        .incbin QUAVER_BUILTIN_MODEL_FILE
        .global quaver_builtin_model_end
        .hidden quaver_builtin_model_end
        .type   quaver_builtin_model_end, %object
quaver_builtin_model_end:
        .byte   0
        .size   quaver_builtin_model_begin, quaver_builtin_model_end - quaver_builtin_model_begin

        .section .note.GNU-stack, "", %progbits
