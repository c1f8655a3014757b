using System.Buffers;
using TunnelRpc.AspNetCore.Buffers;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Hosting;

/// <summary>The pool of the blocks into which a server's connections read.</summary>
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
    public void Rent_with_any_size_returns_a_whole_block(int requested)
    {
        using IMemoryOwner<byte> block = _pool.Rent(requested);

        block.Memory.Length.ShouldBe(Size);
    }

    [Fact]
    public void Rent_of_more_than_a_block_throws() => Should.Throw<ArgumentOutOfRangeException>(() => _pool.Rent(Size + 1));

    [Fact]
    public void Block_disposed_twice_is_not_rented_twice()
    {
        IMemoryOwner<byte> block = _pool.Rent();
        block.Dispose();
        block.Dispose();

        using IMemoryOwner<byte> one = _pool.Rent();
        using IMemoryOwner<byte> other = _pool.Rent();

        one.ShouldNotBeSameAs(other);
    }

    [Fact]
    public void Rent_returns_the_block_that_was_returned_last()
    {
        IMemoryOwner<byte>[] blocks = Rent(3);
        Return(blocks);

        using IMemoryOwner<byte> next = _pool.Rent();

        next.ShouldBeSameAs(blocks[2]);
    }

    [Fact]
    public void Memory_of_a_returned_block_throws()
    {
        IMemoryOwner<byte> block = _pool.Rent();
        block.Dispose();

        Should.Throw<ObjectDisposedException>(() => block.Memory);
    }

    [Fact]
    public void Trim_drops_blocks_that_were_not_needed()
    {
        Return(Rent(10));
        _time.Advance(BlockPool.TrimInterval);
        _pool.FreeCount.ShouldBe(10, "ten blocks were in use at the same time in this interval");

        IMemoryOwner<byte>[] needed = Rent(4);
        Return(needed);
        _time.Advance(BlockPool.TrimInterval);
        _pool.FreeCount.ShouldBe(4);
        Rent(4).ShouldBe(needed, ignoreOrder: true);
    }

    [Fact]
    public void Idle_pool_has_no_free_blocks()
    {
        Return(Rent(10));

        _time.Advance(BlockPool.TrimInterval);
        _time.Advance(BlockPool.TrimInterval);

        _pool.FreeCount.ShouldBe(0);
    }

    [Fact]
    public void Disposed_pool_leaves_rented_blocks_valid()
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
