using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Messages;

/// <summary>Limits of the HTTP/1.x messages that foreign programs send to the gateway.</summary>
internal static class MessageRules
{
    /// <summary>The maximum size of a head in bytes, as in Kestrel's requests.</summary>
    public const int MaxHeadBytes = 32 * 1024;

    /// <summary>The maximum number of header fields, as in Kestrel's requests.</summary>
    public const int MaxHeaderFields = 100;

    /// <summary>The maximum number of interim responses (status 1xx) before a response.</summary>
    public const int MaxInterimResponses = 8;

    /// <summary>The heads: HTTP/1.0, too, since programs of 2008 and Python's http.server speak it.</summary>
    public static Http1HeadRules Heads { get; } = new(MaxHeadBytes, MaxHeaderFields, AllowHttp10: true);
}
