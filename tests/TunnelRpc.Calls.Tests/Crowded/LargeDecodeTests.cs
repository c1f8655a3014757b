using Shouldly;
using TunnelRpc.Testing.Hosting;
using Xunit;

namespace TunnelRpc.Calls.Tests.Crowded;

/// <summary>A message whose decoding blocks until <see cref="Gate"/> is open, as a slow constructor or setter does.</summary>
public sealed class SlowToDecode
{
    /// <summary>A length that the setter refuses.</summary>
    public const int UndecodableLength = 30_001;

    private byte[] _bytes = [];

    /// <summary>Blocks the setter while it is not set.</summary>
    public static ManualResetEventSlim Gate { get; } = new(initialState: true);

    public byte[] Bytes
    {
        get => _bytes;
        set
        {
            Gate.Wait();
            _bytes = value.Length == UndecodableLength ? throw new ArgumentException("Expected another length.") : value;
        }
    }

    /// <summary>Creates a message without the setter.</summary>
    public static SlowToDecode OfLength(int length) => new() { _bytes = new byte[length] };
}

[TunnelService]
public partial interface IDecodes
{
    Task<int> GetLengthAsync(SlowToDecode message);

    Task<SlowToDecode> CreateAsync(int length);

    Task<int> AddAsync(int first, int second);
}

/// <summary>Large messages are decoded beside the reader, which continues to read.</summary>
public sealed class LargeDecodeTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    [Theory, InlineData(false), InlineData(true)]
    public async Task Small_calls_pass_while_a_large_message_is_decoded(bool isReply)
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IDecodes>(new Service());
        IDecodes stub = host.Client.Get<IDecodes>();
        var message = SlowToDecode.OfLength(200_000);
        SlowToDecode.Gate.Reset();
        Task<int> large;
        try
        {
            large = isReply ? CreateAsync(stub) : stub.GetLengthAsync(message);
            for (int i = 0; i < 100; i++)
            {
                (await stub.AddAsync(i, 1).WaitAsync(HangTimeout)).ShouldBe(i + 1);
            }

            large.IsCompleted.ShouldBeFalse();
        }
        finally
        {
            SlowToDecode.Gate.Set();
        }

        (await large.WaitAsync(HangTimeout)).ShouldBe(200_000);
    }

    [Fact]
    public async Task Large_message_that_cannot_be_decoded_fails_its_call_alone()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IDecodes>(new Service());
        IDecodes stub = host.Client.Get<IDecodes>();

        TunnelException reply = await Should.ThrowAsync<TunnelException>(
            () => stub.CreateAsync(SlowToDecode.UndecodableLength).WaitAsync(HangTimeout));
        TunnelException arguments = await Should.ThrowAsync<TunnelException>(
            () => stub.GetLengthAsync(SlowToDecode.OfLength(SlowToDecode.UndecodableLength)).WaitAsync(HangTimeout));

        (reply.Status, reply.Outcome).ShouldBe((TunnelStatus.Internal, TunnelCallOutcome.Completed));
        (arguments.Status, arguments.Outcome).ShouldBe((TunnelStatus.InvalidArgument, TunnelCallOutcome.NotSent));
        arguments.Message.ShouldContain("could not be decoded");
        (await stub.AddAsync(1, 2).WaitAsync(HangTimeout)).ShouldBe(3);
    }

    private static async Task<int> CreateAsync(IDecodes stub) => (await stub.CreateAsync(200_000)).Bytes.Length;

    private sealed class Service : IDecodes
    {
        public Task<int> GetLengthAsync(SlowToDecode message) => Task.FromResult(message.Bytes.Length);

        public Task<SlowToDecode> CreateAsync(int length) => Task.FromResult(SlowToDecode.OfLength(length));

        public Task<int> AddAsync(int first, int second) => Task.FromResult(first + second);
    }
}
