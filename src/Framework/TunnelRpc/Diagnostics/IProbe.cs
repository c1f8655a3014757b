namespace TunnelRpc.Diagnostics;

/// <summary>
/// What every server answers, unless <see cref="TunnelServerOptions.EnableProbe"/> is off: whether calls and calls back get
/// through, and how fast. It sees and tells nothing of the application.
/// </summary>
[TunnelService(Name = "TunnelRpc.Probe", Callback = typeof(IProbeClient))]
public partial interface IProbe
{
    /// <summary>Gives back what it gets.</summary>
    /// <exception cref="TunnelException">InvalidArgument: there are more than <see cref="ProbeClient.MaxBytes"/>.</exception>
    [Idempotent]
    Task<byte[]> EchoAsync(byte[] payload, CancellationToken cancellationToken = default);

    /// <summary>Calls the caller's <see cref="IProbeClient.EchoAsync"/> with so many bytes, and says whether they came back unchanged.</summary>
    /// <exception cref="TunnelException">InvalidArgument: they are less than none or more than <see cref="ProbeClient.MaxBytes"/>; else, what became of the call back.</exception>
    [Idempotent]
    Task<bool> CallBackAsync(int bytes, CancellationToken cancellationToken = default);
}
