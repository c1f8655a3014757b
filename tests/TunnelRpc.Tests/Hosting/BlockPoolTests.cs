using System.Buffers;
using TunnelRpc.AspNetCore.Buffers;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Hosting;

/// <summary>The blocks that a server's connections read into.</summary>
public sealed class BlockPoolTests
{
    private const int Size = 64 * 1024;

    private readonly FakeTimeProvider _time = new();
    private readonly BlockPool _pool;

    public BlockPoolTests() => _pool = new BlockPool(Size, _time);

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(2048)]
    [InlineData(Size)]
    public void A_block_is_whole_whatever_is_asked_for(int asked)
    {
        using IMemoryOwner<byte> block = _pool.Rent(asked);

        block.Memory.Length.ShouldBe(Size);
    }

    [Fact]
    public void More_than_a_block_is_refused() => Should.Throw<ArgumentOutOfRangeException>(() => _pool.Rent(Size + 1));

    [Fact]
    public void A_block_that_is_given_back_twice_is_not_given_to_two()
    {
        IMemoryOwner<byte> block = _pool.Rent();
        block.Dispose();
        block.Dispose();

        using IMemoryOwner<byte> one = _pool.Rent();
        using IMemoryOwner<byte> other = _pool.Rent();

        one.ShouldNotBeSameAs(other);
    }

    [Fact]
    public void What_is_given_back_last_is_rented_next()
    {
        IMemoryOwner<byte>[] blocks = Rent(3);
        Return(blocks);

        using IMemoryOwner<byte> next = _pool.Rent();

        next.ShouldBeSameAs(blocks[2]);
    }

    [Fact]
    public void A_block_that_is_given_back_is_nobodys()
    {
        IMemoryOwner<byte> block = _pool.Rent();
        block.Dispose();

        Should.Throw<ObjectDisposedException>(() => block.Memory);
    }

    [Fact]
    public void What_nobody_has_needed_for_a_while_is_let_go()
    {
        Return(Rent(10));
        _time.Advance(BlockPool.TrimInterval);
        _pool.FreeCount.ShouldBe(10, "ten were needed at once in this interval");

        IMemoryOwner<byte>[] needed = Rent(4);
        Return(needed);
        _time.Advance(BlockPool.TrimInterval);
        _pool.FreeCount.ShouldBe(4);
        Rent(4).ShouldBe(needed, ignoreOrder: true);
    }

    [Fact]
    public void A_server_on_which_nothing_happens_holds_no_block()
    {
        Return(Rent(10));

        _time.Advance(BlockPool.TrimInterval);
        _time.Advance(BlockPool.TrimInterval);

        _pool.FreeCount.ShouldBe(0);
    }

    [Fact]
    public void A_pool_that_is_over_leaves_its_blocks_to_those_who_have_them()
    {
        IMemoryOwner<byte> block = _pool.Rent();
        _pool.Dispose();

        block.Memory.Length.ShouldBe(Size);
        block.Dispose();
        Should.Throw<ObjectDisposedException>(() => _pool.Rent());
    }

    private static void Return(IMemoryOwner<byte>[] blocks) => Array.ForEach(blocks, block => block.Dispose());

    private IMemoryOwner<byte>[] Rent(int count) => [.. Enumerable.Range(0, count).Select(_ => _pool.Rent())];
}
