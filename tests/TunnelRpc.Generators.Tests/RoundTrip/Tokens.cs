using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Returns its arguments in their order, and whether it received the caller's token.</summary>
[SuppressMessage("Design", "CA1068", Justification = "A token may be anywhere.")]
internal sealed class Tokens : ITokens
{
    public List<string> Received { get; } = [];

    public Task<string> FirstAsync(CancellationToken cancellationToken, string text) => Task.FromResult($"{Of(cancellationToken)} {text}");

    public Task<string> MiddleAsync(string text, CancellationToken cancellationToken, int number) =>
        Task.FromResult($"{text} {Of(cancellationToken)} {number}");

    public Task<string> OptionalAsync(string text, CancellationToken cancellationToken, int number) =>
        Task.FromResult($"{text} {Of(cancellationToken)} {number}");

    public async Task<string> BeforeStreamAsync(CancellationToken cancellationToken, IAsyncEnumerable<int> items) =>
        $"{Of(cancellationToken)} {await items.SumAsync(cancellationToken)}";

    public async Task<string> BetweenAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken, string text) =>
        $"{await items.SumAsync(cancellationToken)} {Of(cancellationToken)} {text}";

    public IAsyncEnumerable<string> DownAsync(CancellationToken cancellationToken, string text, int count) =>
        AsyncEnumerable.Repeat($"{Of(cancellationToken)} {text}", count);

    public IAsyncEnumerable<string> BothAsync(CancellationToken cancellationToken, IAsyncEnumerable<int> items, string text) =>
        items.Select(i => $"{Of(cancellationToken)} {i} {text}");

    public Task SendAsync(CancellationToken cancellationToken, string text)
    {
        Received.Add($"{Of(cancellationToken)} {text}");
        return Task.CompletedTask;
    }

    private static string Of(CancellationToken cancellationToken) => cancellationToken.CanBeCanceled ? "token" : "none";
}
