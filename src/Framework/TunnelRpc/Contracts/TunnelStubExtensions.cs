namespace TunnelRpc;

/// <summary>What can be asked of any stub.</summary>
public static class TunnelStubExtensions
{
    /// <summary>A stub of the same target whose calls carry these options; what is not given stays as it is. The stub itself does not change.</summary>
    /// <param name="stub">A stub.</param>
    /// <param name="headers">What travels with each call.</param>
    /// <param name="deadline">How long each call may take, at most 30 days.</param>
    /// <param name="priority">The calls' priority.</param>
    /// <param name="trailers">Receives the trailers of each call when it has ended: for one call at a time.</param>
    /// <exception cref="ArgumentException"><paramref name="stub"/> is no stub, but an implementation; or a value is out of its range.</exception>
    public static TService With<TService>(
        this TService stub,
        TunnelHeaders? headers = null,
        TimeSpan? deadline = null,
        TunnelPriority? priority = null,
        TunnelHeaders? trailers = null)
        where TService : class, ITunnelService<TService> =>
        stub.With(new TunnelCallOptions { Headers = headers, Deadline = deadline, Priority = priority, Trailers = trailers });

    /// <summary>A stub of the same target whose calls carry these options; those that are null stay as they are.</summary>
    /// <inheritdoc cref="With{TService}(TService, TunnelHeaders?, TimeSpan?, TunnelPriority?, TunnelHeaders?)"/>
    public static TService With<TService>(this TService stub, TunnelCallOptions options)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(stub);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return stub is ITunnelStub remote
            ? TService.TunnelDefinition.CreateStub(remote.Invoker.With(options))
            : throw new ArgumentException($"Expected a stub of {typeof(TService)}, got {stub.GetType()}: only calls through a tunnel have options.", nameof(stub));
    }
}
