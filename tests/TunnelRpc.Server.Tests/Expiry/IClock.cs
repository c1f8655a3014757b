using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Threading.Channels;

namespace TunnelRpc.Server.Tests.Expiry;

[TunnelService]
public partial interface IClock
{
    /// <summary>Returns the name and the role of the caller.</summary>
    Task<string> WhoAsync();

    /// <summary>Returns the role of the caller at the start, whenever the test lets it continue.</summary>
    IAsyncEnumerable<string> FollowAsync(CancellationToken cancellationToken = default);
}

internal sealed class Clock : IClock
{
    private readonly Channel<bool> _ticks = Channel.CreateUnbounded<bool>();

    public Task<string> WhoAsync() => Task.FromResult(Describe());

    public async IAsyncEnumerable<string> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await _ticks.Reader.ReadAsync(cancellationToken);
            yield return Describe();
        }
    }

    public void Tick() => _ticks.Writer.TryWrite(true);

    private static string Describe()
    {
        ClaimsPrincipal user = TunnelCallContext.Current!.User!;
        return $"{user.Identity!.Name} {user.FindFirst(ClaimTypes.Role)!.Value}";
    }
}
