using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Transports.WebSockets;

/// <summary>The handshake of RFC 6455, and how both halves make their sockets.</summary>
internal static class WebSocketProtocol
{
    public const string TransportName = "websocket";

    /// <summary>The upgrade token, and the <c>:protocol</c> of RFC 8441.</summary>
    public const string UpgradeToken = "websocket";

    /// <summary>The subprotocol that says that the messages carry a TunnelRpc session.</summary>
    public const string Subprotocol = "tunnelrpc.1";

    /// <summary>The only version of RFC 6455.</summary>
    public const string Version = "13";

    private const int KeyBytes = 16;

    /// <summary>A fresh Sec-WebSocket-Key.</summary>
    public static string CreateKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>Whether the value is the base64 of 16 bytes, as the client must send them.</summary>
    public static bool IsValidKey(string? value)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes + 2];
        return value is { Length: 24 } && Convert.TryFromBase64String(value, bytes, out int written) && written == KeyBytes;
    }

    /// <summary>The Sec-WebSocket-Accept that answers a key (RFC 6455, 4.2.2).</summary>
    public static string ComputeAccept(string key)
    {
#pragma warning disable CA5350 // SHA-1 is what the RFC says; it proves that the server understood, and guards nothing.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    /// <summary>A socket on the stream behind the handshake. No compression, and no pings: the session has its own.</summary>
    public static WebSocket CreateWebSocket(Stream stream, bool isServer)
        => WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = isServer, KeepAliveInterval = TimeSpan.Zero, SubProtocol = Subprotocol });
}
