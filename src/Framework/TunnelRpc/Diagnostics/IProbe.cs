namespace TunnelRpc.Diagnostics;

/// <summary>
/// The echo service of <c>tunnelrpc probe</c>. It measures whether calls and callbacks get through, and how fast. Every server serves it
/// unless <see cref="TunnelServerOptions.EnableProbe"/> is off. It does not access the application.
/// </summary>
[TunnelService(Name = "TunnelRpc.Probe", Callback = typeof(IProbeClient))]
public partial interface IProbe
{
    /// <summary>Returns <paramref name="payload"/>.</summary>
    /// <exception cref="TunnelException">InvalidArgument: the payload is larger than <see cref="ProbeClient.MaxBytes"/>.</exception>
    [Idempotent]
    Task<byte[]> EchoAsync(byte[] payload, CancellationToken cancellationToken = default);

    /// <summary>
    /// Calls back <see cref="IProbeClient.EchoAsync"/> of the caller with random bytes. Returns whether it returned the same bytes.
    /// </summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="cancellationToken">Cancels the call and its callback.</param>
    /// <exception cref="TunnelException">
    /// InvalidArgument: <paramref name="bytes"/> is negative or more than <see cref="ProbeClient.MaxBytes"/>. Any other status: the failure
    /// of the callback.
    /// </exception>
    [Idempotent]
    Task<bool> CallBackAsync(int bytes, CancellationToken cancellationToken = default);
}
