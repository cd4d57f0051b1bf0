/* The page of `quaver report` as it stands in its files; the macros are their paths, in quotes. GNU as, ELF. */
        .macro  embed name, path
        .global \name\()Begin
        .hidden \name\()Begin
\name\()Begin:
        .incbin "\path"
        .global \name\()End
        .hidden \name\()End
\name\()End:
        .byte   0
        .endm

        .section .rodata
        embed   kQuaverReportPage, QUAVER_REPORT_PAGE
        embed   kQuaverReportStyle, QUAVER_REPORT_STYLE
        embed   kQuaverReportScript, QUAVER_REPORT_SCRIPT

        .section .note.GNU-stack, "", %progbits
