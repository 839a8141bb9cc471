/** Networks of a Linux host that Java cannot open: tap interfaces (Documentation/networking/tuntap), and sockets without channels. */
@org.jspecify.annotations.NullMarked
package dev.veery.linux.net;
