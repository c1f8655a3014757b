using TunnelRpc.Generators.Analysis;
using Xunit;

namespace TunnelRpc.Generators.Tests.Analyzers;

/// <summary>TRPC0402: a method with a result or a stream is called on a broadcast stub.</summary>
public sealed class BroadcastAnalyzerTests
{
    private const string Contracts = """
        [TunnelService] public partial interface IAgent
        {
            Task<string> VersionAsync(CancellationToken cancellationToken = default);
            ValueTask<int> CountAsync();
            IAsyncEnumerable<int> WatchAsync();
            Task SendAsync(IAsyncEnumerable<int> items);
            Task StopAsync(string reason);
            [OneWay] ValueTask BeatAsync();
            Task<string> LocalAsync() => Task.FromResult("");
        }

        public sealed class Own { public IAgent All => throw new NotSupportedException(); }

        """;

    [Theory]
    [InlineData("await c.All.{|TRPC0402:VersionAsync|}(t);")]
    [InlineData("await c.Group(\"eu\").{|TRPC0402:CountAsync|}();")]
    [InlineData("await c.Group(\"eu\", \"1\").{|TRPC0402:CountAsync|}();")]
    [InlineData("await foreach (int i in c.Except(\"1\").{|TRPC0402:WatchAsync|}()) { }")]
    [InlineData("await c.User(\"1\").{|TRPC0402:SendAsync|}(c.Session(\"1\").WatchAsync());")]
    [InlineData("await c.Users(\"1\").{|TRPC0402:VersionAsync|}(t);")]
    [InlineData("await c.Where(s => s.Transport.Length > 0).{|TRPC0402:VersionAsync|}(t);")]
    [InlineData("await c.All.With(timeout: TimeSpan.FromSeconds(1)).{|TRPC0402:VersionAsync|}(t);")]
    [InlineData("await c.All.With(TunnelBroadcastPolicy.Wait(TimeSpan.FromSeconds(1))).{|TRPC0402:VersionAsync|}(t);")]
    [InlineData("IAgent all = c.All; await all.{|TRPC0402:VersionAsync|}(t);")]
    [InlineData("Func<Task> call = () => c.All.{|TRPC0402:VersionAsync|}(t); await call();")]
    public Task Call_with_a_result_on_a_broadcast_stub_is_an_error(string statements) => VerifyAsync(statements);

    [Theory]
    [InlineData("await c.All.StopAsync(\"x\"); await c.Group(\"eu\").BeatAsync();")]
    [InlineData("await c.Session(\"1\").VersionAsync(t);")]
    [InlineData("await c.All.InvokeEachAsync((agent, token) => agent.VersionAsync(token), t);")]
    [InlineData("await foreach (var v in c.All.GatherAsync((a, token) => a.VersionAsync(token), TimeSpan.FromSeconds(1))) { }")]
    [InlineData("await c.All.LocalAsync();")]
    [InlineData("await new Own().All.VersionAsync(t);")]
    [InlineData("IAgent one = c.All; one = c.Session(\"1\"); await one.VersionAsync(t);")]
    [InlineData("IAgent one = c.Session(\"1\"); await one.VersionAsync(t);")]
    [InlineData("await agent.VersionAsync(t);")]
    public Task Other_call_is_no_error(string statements) => VerifyAsync(statements);

    private static Task VerifyAsync(string statements) => RuleVerifier.VerifyAsync<BroadcastAnalyzer>(
        Contracts + $"public static class User {{ public static async Task Run(ITunnelClients<IAgent> c, IAgent agent, CancellationToken t) "
        + $"{{ await Task.Yield(); {statements} }} }}");
}
