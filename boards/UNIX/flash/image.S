/* The ROMFS image, in the text section so that it never takes heap. */
    .section .text.image, "ax", @progbits
    .balign 16
    .globl posterm_image
    .globl posterm_image_end
posterm_image:
    .incbin "image.romfs"
posterm_image_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
