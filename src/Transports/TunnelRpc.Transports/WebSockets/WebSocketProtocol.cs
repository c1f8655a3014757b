using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Transports.WebSockets;

/// <summary>The WebSocket handshake (RFC 6455, 4) and the creation of the sockets, for both sides. Stateless.</summary>
internal static class WebSocketProtocol
{
    public const string TransportName = "websocket";

    /// <summary>The upgrade token, also the <c>:protocol</c> of an extended CONNECT (RFC 8441).</summary>
    public const string UpgradeToken = "websocket";

    /// <summary>The subprotocol that identifies a TunnelRpc session.</summary>
    public const string Subprotocol = "tunnelrpc.1";

    /// <summary>The WebSocket version of RFC 6455.</summary>
    public const string Version = "13";

    private const int KeyBytes = 16;

    /// <summary>Creates a random Sec-WebSocket-Key.</summary>
    public static string CreateKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>Whether the value is the base64 encoding of 16 bytes, which the client must send (RFC 6455, 4.1).</summary>
    public static bool IsValidKey(string? value)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes + 2];
        return value is { Length: 24 } && Convert.TryFromBase64String(value, bytes, out int written) && written == KeyBytes;
    }

    /// <summary>Computes the Sec-WebSocket-Accept for a key (RFC 6455, 4.2.2).</summary>
    public static string ComputeAccept(string key)
    {
#pragma warning disable CA5350 // RFC 6455 requires SHA-1. It proves that the server understood the handshake and protects nothing.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    /// <summary>
    /// Creates a socket on the stream after the handshake. Without compression and without WebSocket pings: the session has its own.
    /// </summary>
    public static WebSocket CreateWebSocket(Stream stream, bool isServer)
        => WebSocket.CreateFromStream(
            stream,
            new WebSocketCreationOptions { IsServer = isServer, KeepAliveInterval = TimeSpan.Zero, SubProtocol = Subprotocol });
}
