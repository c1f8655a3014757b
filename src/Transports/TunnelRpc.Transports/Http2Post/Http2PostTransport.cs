using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>
/// One HTTP/2 <c>POST</c> whose request and response bodies stream concurrently. For HTTP/2 front ends without extended CONNECT, which may
/// forward the exchange to the server in HTTP/1.1. The preamble proves that the response streams; a probe that the server returns proves
/// that the request streams. If one of them does not arrive, the attempt fails after about two seconds and states which. HTTP/2 is selected
/// as by <see cref="ExtendedConnect.ExtendedConnectTransport"/>. Thread-safe.
/// </summary>
public sealed class Http2PostTransport : ITransport
{
    internal const string TransportName = "http2-post";

    /// <summary>"http2-post".</summary>
    public string Name => TransportName;

    internal static Preamble Preamble { get; } = new(TransportName);

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        HttpDialer dialer = new(endpoint, Name);
        try
        {
            return await Http2PostDialer.ConnectAsync(dialer, endpoint, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            dialer.Dispose();
            throw;
        }
    }
}
