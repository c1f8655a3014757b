namespace TunnelRpc.Micro.Calls;

/// <summary>The measured contract.</summary>
[TunnelService]
public partial interface ICallService
{
    ValueTask<int> AddAsync(int one, int other, CancellationToken cancellationToken = default);

    ValueTask<CallSample> EchoAsync(CallSample sample, CancellationToken cancellationToken = default);
}
