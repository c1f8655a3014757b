using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>
/// References that the receiver does not take: the call is refused or fails before it is sent, the message cannot be decoded, or the
/// contract of the receiver does not have the member. Each is released exactly once, by a message and not by a collection of garbage.
/// </summary>
public sealed class UnreadReferenceTests
{
    private const int Calls = 20;

    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, Func<IPassing, EveryKind, Task>> OneWays = new()
    {
        ["unknown method"] = (stub, value) => stub.UnknownAsync(value),
        ["unknown method, in a tuple"] = (stub, value) => stub.UnknownTupleAsync((1, value)),
        ["fewer members"] = (stub, value) => stub.FewerAsync(value),
        ["no parameters"] = (stub, value) => stub.NoneAsync(value),
        ["another type"] = (stub, value) => stub.OtherTypeAsync(value),
        ["a setter that throws"] = (stub, value) => stub.ThrowingSetterAsync(value),
    };

    private static readonly Dictionary<string, Func<IPassing, EveryKind, Task>> CallsWithReply = new()
    {
        ["unknown method"] = (stub, value) => stub.UnknownCallAsync(value),
        ["fewer members"] = (stub, value) => stub.FewerCallAsync(value),
        ["another type"] = (stub, value) => stub.OtherTypeCallAsync(value),
    };

    private static readonly Dictionary<string, Func<IPassingOther, Task>> Results = new()
    {
        ["fewer members"] = async stub => await (await stub.FewerResultAsync()).Input.DisposeAsync(),
        ["no members"] = async stub => (await stub.NoResultAsync()).Name.ShouldBeNull(),
        ["another type"] = stub => FailsAsync(stub.OtherTypeResultAsync(), TunnelStatus.Internal),
        ["a setter that throws"] = stub => FailsAsync(stub.ThrowingSetterResultAsync(), TunnelStatus.Internal),
        ["a stream is expected"] = stub => FailsAsync(stub.StreamExpectedAsync().ToListAsync().AsTask(), TunnelStatus.Internal),
        ["items with fewer members"] = async stub =>
        {
            await foreach (OneKind item in stub.FewerItemsAsync())
            {
                await item.Input.DisposeAsync();
            }
        },
        ["items without members"] = async stub => (await stub.NoItemsAsync().CountAsync()).ShouldBe(5),
        ["items of another type"] = stub => FailsAsync(stub.OtherTypeItemsAsync().ToListAsync().AsTask(), TunnelStatus.InvalidArgument),
        ["items that are not taken"] = async stub => await (await stub.FewerItemsAsync().FirstAsync()).Input.DisposeAsync(),
        ["items of another type that are not taken"] = async stub =>
        {
            await using IAsyncEnumerator<WrongKind> items = stub.OtherTypeItemsAsync().GetAsyncEnumerator();
            await FailsAsync(items.MoveNextAsync().AsTask(), TunnelStatus.InvalidArgument);
        },
    };

    public static TheoryData<string, bool> OneWayCases() => Cases(OneWays.Keys);

    public static TheoryData<string, bool> CallCases() => Cases(CallsWithReply.Keys);

    public static TheoryData<string, bool> ResultCases() => Cases(Results.Keys);

    [Theory, MemberData(nameof(OneWayCases))]
    public async Task One_way_call_that_is_not_taken_releases_what_it_passes(string name, bool serverCallsClient)
    {
        await using PassingPair pair = await PassingPair.StartForArgumentsAsync(serverCallsClient);
        IPassing stub = pair.Stub<IPassing>();

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => OneWays[name](stub, pair.Create())));

        await pair.ShouldHaveReleasedAllAsync(disposals: 1);
    }

    [Theory, MemberData(nameof(CallCases))]
    public async Task Call_that_is_not_taken_releases_what_it_passes(string name, bool serverCallsClient)
    {
        await using PassingPair pair = await PassingPair.StartForArgumentsAsync(serverCallsClient);
        IPassing stub = pair.Stub<IPassing>();

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => IgnoreFailureAsync(CallsWithReply[name](stub, pair.Create()))));

        await pair.ShouldHaveReleasedAllAsync(disposals: 0);
    }

    [Theory, MemberData(nameof(ResultCases))]
    public async Task Reply_that_is_not_taken_releases_what_it_passes(string name, bool serverCallsClient)
    {
        await using PassingPair pair = await PassingPair.StartForResultsAsync(serverCallsClient);
        IPassingOther stub = pair.Stub<IPassingOther>();

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => Results[name](stub))).WaitAsync(HangTimeout);

        await pair.ShouldHaveReleasedAllAsync(disposals: 1);
    }

    [Theory]
    [InlineData("compressed", false), InlineData("compressed", true)]
    [InlineData("in fragments", false), InlineData("in fragments", true)]
    public async Task Large_one_way_call_that_is_not_taken_releases_what_it_passes(string form, bool serverCallsClient)
    {
        await using PassingPair pair = await PassingPair.StartForArgumentsAsync(
            serverCallsClient,
            options => options.Compression.Algorithm = form == "compressed" ? TunnelCompression.Brotli : TunnelCompression.None);
        TunnelCallOptions headers = new() { Headers = new TunnelHeaders { ["padding"] = new string('x', 40_000) } };

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(
            _ => pair.Stub<IPassing>().With(headers).OtherTypeAsync(pair.Create())));

        await pair.ShouldHaveReleasedAllAsync(disposals: 1);
    }

    [Theory]
    [InlineData(true, false), InlineData(true, true), InlineData(false, false), InlineData(false, true)]
    public async Task Call_that_cannot_be_encoded_releases_what_it_has_passed(bool isOneWay, bool serverCallsClient)
    {
        await using PassingPair pair = await PassingPair.StartForArgumentsAsync(serverCallsClient);
        IPassing stub = pair.Stub<IPassing>();
        EveryKind broken = pair.Create() with { Listener = null!, Progress = null! };

        Task call = isOneWay ? stub.FewerAsync(broken) : stub.FewerCallAsync(broken);

        await Should.ThrowAsync<Exception>(() => call);
        await pair.ShouldHaveReleasedAllAsync(disposals: isOneWay ? 1 : 0);
    }

    [Theory]
    [InlineData(true, false), InlineData(true, true), InlineData(false, false), InlineData(false, true)]
    public async Task Call_that_ends_while_it_waits_for_a_permit_releases_what_it_has_passed(bool isOneWay, bool serverCallsClient)
    {
        await using PassingPair pair = await PassingPair.StartForArgumentsAsync(
            serverCallsClient, options => options.Limits.MaxConcurrentCalls = 1, isGated: true);
        Task occupied = pair.Stub<IPassing>().FewerCallAsync(PassingPair.CreateUncounted());
        IPassing stub = pair.Stub<IPassing>().With(new TunnelCallOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        EveryKind value = pair.Create();

        Task call = isOneWay ? stub.FewerAsync(value) : stub.OtherTypeCallAsync(value);
        await FailsAsync(call, TunnelStatus.DeadlineExceeded);

        pair.Gate.SetResult();
        await occupied.WaitAsync(HangTimeout);
        await pair.ShouldHaveReleasedAllAsync(disposals: isOneWay ? 1 : 0);
    }

    private static TheoryData<string, bool> Cases(IEnumerable<string> names)
    {
        var cases = new TheoryData<string, bool>();
        foreach (string name in names)
        {
            cases.Add(name, false);
            cases.Add(name, true);
        }

        return cases;
    }

    private static async Task FailsAsync(Task call, TunnelStatus status) =>
        (await Should.ThrowAsync<TunnelException>(() => call)).Status.ShouldBe(status);

    private static async Task IgnoreFailureAsync(Task call) => await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
