namespace TunnelRpc.Micro.Calls;

/// <summary>An implementation whose calls complete synchronously.</summary>
internal sealed class CallService : ICallService
{
    public ValueTask<int> AddAsync(int one, int other, CancellationToken cancellationToken) => new(one + other);

    public ValueTask<CallSample> EchoAsync(CallSample sample, CancellationToken cancellationToken) => new(sample);
}
