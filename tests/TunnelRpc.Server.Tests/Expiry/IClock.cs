using System.Runtime.CompilerServices;
using System.Security.Claims;

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
    private readonly SemaphoreSlim _ticks = new(0);

    public Task<string> WhoAsync() => Task.FromResult(Describe());

    public async IAsyncEnumerable<string> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await _ticks.WaitAsync(cancellationToken);
            yield return Describe();
        }
    }

    public void Tick() => _ticks.Release();

    private static string Describe()
    {
        ClaimsPrincipal user = TunnelCallContext.Current!.User!;
        return $"{user.Identity!.Name} {user.FindFirst(ClaimTypes.Role)!.Value}";
    }
}
