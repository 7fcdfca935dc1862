class OgoShip:
    paths = ("/OAuth/", "/api/v1/")
