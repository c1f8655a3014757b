using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

public sealed class TokenTests : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly Tokens _service = new();
    private readonly ITokens _stub;

    public TokenTests() => _stub = Loop.Definition<ITokens>().CreateStub(new LoopInvoker(_service));

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task Token_at_any_position_is_passed()
    {
        await _stub.SendAsync(_source.Token, "a");

        _service.Received.ShouldBe(["token a"]);
        (await _stub.FirstAsync(_source.Token, "a")).ShouldBe("token a");
        (await _stub.MiddleAsync("a", _source.Token, 3)).ShouldBe("a token 3");
    }

    [Fact]
    public async Task Token_with_default_before_other_parameters_can_be_omitted()
    {
        (await _stub.OptionalAsync("a", number: 4)).ShouldBe("a none 4");
        (await _stub.OptionalAsync("a", _source.Token)).ShouldBe("a token 5");
    }

    [Fact]
    public async Task Token_before_or_after_stream_is_passed()
    {
        (await _stub.BeforeStreamAsync(_source.Token, Items(1, 2))).ShouldBe("token 3");
        (await _stub.BetweenAsync(Items(1, 2), _source.Token, "a")).ShouldBe("3 token a");
        (await _stub.DownAsync(_source.Token, "a", 2).ToListAsync()).ShouldBe(["token a", "token a"]);
        (await _stub.BothAsync(_source.Token, Items(1, 2), "a").ToListAsync()).ShouldBe(["token 1 a", "token 2 a"]);
    }

    [Fact]
    public void Token_is_not_serialized()
    {
        // An array of one: the text.
        ArgumentsOf("FirstAsync").ShouldBe([0x91, 0xa1, (byte)'a']);

        byte[] ArgumentsOf(string method)
        {
            var recorder = new RecordingInvoker();
            _ = Loop.Definition<ITokens>().CreateStub(recorder).FirstAsync(_source.Token, "a");
            recorder.Method.ShouldBe(method);
            return recorder.Arguments!;
        }
    }

    private static IAsyncEnumerable<int> Items(params int[] items) => items.ToAsyncEnumerable();
}
