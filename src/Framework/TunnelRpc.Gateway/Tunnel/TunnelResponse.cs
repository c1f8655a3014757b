using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Tunnel;

/// <summary>The response of a call to a session. Not thread-safe. Disposal cancels a call that has not ended.</summary>
/// <param name="call">The call; owned.</param>
internal sealed class TunnelResponse(TunnelCall call) : GatewayResponse
{
    /// <inheritdoc/>
    public override IReadOnlyList<HttpField>? GetTrailers() => call.Trailers;

    /// <inheritdoc/>
    public override async ValueTask<bool> CompleteUpgradedRequestAsync()
    {
        if (call.Upload is not { } upload)
        {
            return false;
        }

        await upload.CompleteAsync().ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => call.DisposeAsync();
}
