using System.Net;

namespace TunnelRpc.Gateway.Tests.Apps;

/// <summary>
/// A body that is sent while the response is read. <see cref="HttpClient"/> returns the response to a <see cref="StreamContent"/> only when
/// that is sent.
/// </summary>
internal sealed class DuplexContent(Stream body) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => body.CopyToAsync(stream);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        body.CopyToAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
