namespace TunnelRpc.Diagnostics;

/// <summary>The implementation of <see cref="IProbe"/>. It has no state. Thread-safe.</summary>
internal sealed class ProbeService : IProbe
{
    public Task<byte[]> EchoAsync(byte[] payload, CancellationToken cancellationToken)
    {
        ValidateSize(payload.Length);
        return Task.FromResult(payload);
    }

    public async Task<bool> CallBackAsync(int bytes, CancellationToken cancellationToken)
    {
        ValidateSize(bytes);
        byte[] payload = new byte[bytes];
        Random.Shared.NextBytes(payload);
        IProbeClient caller = TunnelCallContext.Current!.GetCallback<IProbeClient>();
        byte[] echo = await caller.EchoAsync(payload, cancellationToken).ConfigureAwait(false);
        return payload.AsSpan().SequenceEqual(echo);
    }

    private static void ValidateSize(int bytes)
    {
        if (bytes is < 0 or > ProbeClient.MaxBytes)
        {
            throw new TunnelException(
                TunnelStatus.InvalidArgument, $"Expected a payload of 0 to {ProbeClient.MaxBytes} bytes, got {bytes}.");
        }
    }
}
