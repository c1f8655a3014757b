using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>A cancellation token in every position.</summary>
[TunnelService]
[SuppressMessage("Design", "CA1068", Justification = "A token may be anywhere.")]
public partial interface ITokens
{
    Task<string> FirstAsync(CancellationToken cancellationToken, string text);

    Task<string> MiddleAsync(string text, CancellationToken cancellationToken, int number);

    Task<string> OptionalAsync(string text, CancellationToken cancellationToken = default, int number = 5);

    Task<string> BeforeStreamAsync(CancellationToken cancellationToken, IAsyncEnumerable<int> items);

    Task<string> BetweenAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken, string text);

    IAsyncEnumerable<string> DownAsync(CancellationToken cancellationToken, string text, int count);

    IAsyncEnumerable<string> BothAsync(CancellationToken cancellationToken, IAsyncEnumerable<int> items, string text);

    [OneWay]
    Task SendAsync(CancellationToken cancellationToken, string text);
}
