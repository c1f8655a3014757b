using TunnelRpc.Gateway.Client.Streams;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>
/// The bytes in both directions after an upgrade or an extended CONNECT. Asynchronous only. For one reader and one writer at a time.
/// Disposal has no effect: the connection ends with the application.
/// </summary>
/// <param name="input">The bytes that arrive.</param>
/// <param name="output">The bytes that are sent.</param>
internal sealed class UpgradedStream(RequestBody input, ResponseStream output) : AsyncStream
{
    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        input.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        output.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

    protected override Exception CreateSynchronousException() => ResponseStream.SynchronousNotSupported();
}
