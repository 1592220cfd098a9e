# The head of an ISO that a PC's firmware boots, from a drive or by iPXE (El Torito, no emulation), and which installs something. What it
# boots says so on the second serial port and waits for a byte from there, with which it writes the sector `disk` to the machine's disk and
# restarts the machine. That sector, booted, says so too. Nothing of it is read from the ISO once it runs.
        .code16
        .set serial, 0x2f8
        .set status, serial + 5
        .set loaded, 0x7c00
        .set block, 2048

# say TEXT, IMAGE: a text of the image that was loaded; spoils ax, dx, si.
        .macro  say text, image
        mov     $(\text - \image + loaded), %si
1:      lodsb
        test    %al, %al
        jz      3f
        mov     %al, %ah
2:      mov     $status, %dx
        in      %dx, %al
        test    $0x20, %al              # it can take another byte
        jz      2b
        mov     $serial, %dx
        mov     %ah, %al
        out     %al, %dx
        jmp     1b
3:
        .endm

        .org    16 * block              # what tells that it is ISO 9660
        .ascii  "\001CD001\001\000"
        .fill   32, 1, ' '
        .ascii  "STAND-IN"
        .fill   24, 1, ' '
        .org    16 * block + 120
        .byte   1, 0, 0, 1, 1, 0, 0, 1  # one volume, the first
        .byte   0, 8, 8, 0              # bytes of a block

        .org    17 * block              # where the boot catalogue is
        .ascii  "\000CD001\001EL TORITO SPECIFICATION"
        .org    17 * block + 71
        .long   19

        .org    18 * block
        .ascii  "\377CD001\001"

        .org    19 * block              # the catalogue: for a PC; words add up to 0
        .word   1, 0
        .org    19 * block + 28
        .word   0x55aa, 0xaa55
        .byte   0x88, 0                 # it can be booted
        .word   0, 0, 4                 # at the usual place, sectors of 512 bytes
        .long   20

        .org    20 * block
iso:    xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $loaded, %sp
        mov     %dl, %bl                # the drive that it was booted from, which by iPXE is the first disk
        sti
        cld
        say     booted, iso
wait:   hlt                             # until the next tick of the clock, 18 a second
        mov     $status, %dx
        in      %dx, %al
        test    $1, %al
        jz      wait
        mov     $0x80, %dl
try:    cmp     %dl, %bl
        je      next
        mov     $(packet - iso + loaded), %si
        mov     $0x4300, %ax            # write sectors
        int     $0x13
        jnc     restart
next:   inc     %dl
        cmp     $0x84, %dl
        jb      try
        say     no_disk, iso
stop:   hlt
        jmp     stop
restart:
        say     written, iso
        mov     $0xfe, %al              # by the keyboard's controller
        out     %al, $0x64
        jmp     stop
packet: .byte   16, 0
        .word   1, disk - iso + loaded, 0
        .quad   0
booted: .asciz  "\nmachine: ISO\n"
written: .asciz "machine: written\n"
no_disk: .asciz "machine: no disk\n"

        .org    20 * block + 512
disk:   xor     %ax, %ax
        mov     %ax, %ds
        cld
        say     runs, disk
        cli
done:   hlt
        jmp     done
runs:   .ascii  "\nmachine: disk "
        .fill   32, 1, '0'              # which installation wrote it
        .asciz  "\n"
        .org    20 * block + 512 + 510
        .word   0xaa55
        .org    21 * block
