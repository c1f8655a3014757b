using TunnelRpc.Gateway.Client.Streams;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>A response's body as a stream. Each write is flushed. Asynchronous only. For one writer at a time.</summary>
/// <param name="writer">The writer of the body.</param>
internal sealed class ResponseStream(ResponseWriter writer) : AsyncStream
{
    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override async Task FlushAsync(CancellationToken cancellationToken) =>
        await writer.FlushAsync(cancellationToken).ConfigureAwait(false);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await writer.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);

    public override void Flush() => throw SynchronousNotSupported();

    /// <summary>The error of a synchronous read or write, which would block a thread until the path has capacity.</summary>
    internal static InvalidOperationException SynchronousNotSupported() =>
        new("Synchronous operations are not supported by UseTunnelRpcServer. Call ReadAsync, WriteAsync or FlushAsync instead.");

    protected override Exception CreateSynchronousException() => SynchronousNotSupported();
}
